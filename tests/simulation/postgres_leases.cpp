#include "actors/core/mutant.hpp"
#include "tests/simulation/postgres_model.hpp"

#include <algorithm>
#include <utility>

namespace parley::simulation {
namespace {

constexpr std::chrono::minutes lease_row_kept{1};

}  // namespace

void postgres_model::claim(const backend_ptr& at, const node_identity& node, std::vector<shard_claim> claims,
                           reply<std::vector<claimed_shard>> answer) {
  begin(at, [this, at, node, claims = std::move(claims), answer = std::move(answer)] {
    if (refuses_writes(at, answer)) return;
    std::vector<shard_id> rows;
    for (const auto& c : claims) rows.push_back(c.shard);
    // After a wait in vain it goes on without what is locked.
    const auto tries = is_on(mutant::head_read_before_takeover_commit) ? 0 : lock_tries;
    when_free(at, rows, tries, [this, at, node, claims, answer](bool) { lock_claimed(at, node, claims, answer); });
  });
}

void postgres_model::lock_claimed(const backend_ptr& at, const node_identity& node,
                                  const std::vector<shard_claim>& claims,
                                  const reply<std::vector<claimed_shard>>& answer) {
  std::vector<claimed_shard> claimed;
  std::vector<shard_id> rows;
  const auto clock = static_cast<std::uint64_t>(host_->unix_now().time_since_epoch().count());
  for (const auto& c : claims) {
    const auto& s = shards_[c.shard.value];
    if (s.is_locked && !is_on(mutant::head_read_before_takeover_commit)) {
      claimed.push_back({c.shard, false, {}, {}});
      continue;
    }
    rows.push_back(c.shard);
    const bool is_won = s.owner == c.owner_before && s.term == c.term_before && s.moved_to.empty();
    const auto raised = raised_above(std::max({s.term, term{clock - 1}, c.term_floor}));
    const bool is_same_owner = s.owner == node.incarnation;
    const bool is_kept =
        is_on(mutant::term_not_raised) || (is_on(mutant::term_kept_over_new_timeline) && is_same_owner);
    const auto next = is_kept ? std::max(term{1}, c.term_before) : raised;
    claimed.push_back({c.shard, is_won, is_won ? next : s.term, s.n});
  }
  commit(
      at, std::move(rows),
      [this, node, claimed] {
        std::vector<task> undo;
        for (const auto& c : claimed) {
          if (c.is_won) undo.push_back(give(c.shard, node.incarnation, c.term));
        }
        return undo;
      },
      [answer, claimed] { answer(claimed); });
}

task postgres_model::give(shard_id shard, const std::string& owner, term at) {
  auto& s = shards_[shard.value];
  if (!s.owner.empty() && s.owner != owner) {
    ++tally_.takeovers;
    if (on_takeover) on_takeover();
  }
  task undo = [&s, owner = std::exchange(s.owner, owner), before = std::exchange(s.term, at)] {
    s.owner = owner;
    s.term = before;
  };
  return undo;
}

void postgres_model::take(shard_id shard) {
  const auto& s = shards_[shard.value];
  if (!is_free_to_change(shard) || is_elsewhere(shard) || s.closed_until > host_->unix_now()) return;
  const auto clock = static_cast<std::uint64_t>(host_->unix_now().time_since_epoch().count());
  committed({give(shard, "another node, dead", raised_above(std::max(s.term, term{clock - 1})))});
}

void postgres_model::renew(const backend_ptr& at, const node_identity& node, const lease_wish& wish,
                           reply<lease_renewal> answer) {
  begin(at, [this, at, node, wish, answer = std::move(answer)] {
    if (refuses_writes(at, answer)) return;
    const auto row = leases_.find(node.incarnation);
    const lease_row own{node.name, host_->unix_now() + wish.lease_time,
                        row == leases_.end() ? 1 : row->second.renewals + 1, wish.peer_address, wish.is_leaving};
    commit(
        at, {},
        [this, node, own] {
          leases_[node.incarnation] = own;
          return std::vector<task>{};
        },
        [this, answer, own, nodes = nodes_beside(node.incarnation, own)] {
          answer(lease_renewal{identity(), own.renewals, nodes, changes_});
        });
  });
}

std::vector<cluster_node> postgres_model::nodes_beside(const std::string& incarnation, const lease_row& own) const {
  const auto now = host_->unix_now();
  auto rows = leases_;
  rows[incarnation] = own;
  std::vector<cluster_node> nodes;
  for (const auto& [owner, row] : rows) {
    if (owner != incarnation && row.until <= now - lease_row_kept) continue;
    nodes.push_back({{row.node, owner}, row.peer_address, row.is_leaving, row.until > now, row.renewals});
  }
  return nodes;
}

std::vector<shard_id> postgres_model::owned_of(const std::string& incarnation,
                                               const std::vector<owned_shard>& shards) const {
  std::vector<shard_id> rows;
  for (std::uint32_t i = 0; i < shards_.size(); ++i) {
    const auto& s = shards_[i];
    const bool is_named = std::ranges::count(shards, owned_shard{shard_id{i}, s.term}) > 0;
    if (s.owner == incarnation && is_named && s.moved_to.empty()) rows.push_back(shard_id{i});
  }
  return rows;
}

void postgres_model::yield(const backend_ptr& at, const node_identity& node, std::vector<owned_shard> shards,
                           reply<std::size_t> answer) {
  begin(at, [this, at, node, shards = std::move(shards), answer = std::move(answer)] {
    if (refuses_writes(at, answer)) return;
    // Only what fits is locked, and looked at again after the wait.
    when_free(at, owned_of(node.incarnation, shards), lock_tries, [this, at, node, shards, answer](bool is_free) {
      if (!is_free) return roll_back(at, [&] { answer(error{errc::unavailable, "lock timeout"}); });
      const auto rows = owned_of(node.incarnation, shards);
      commit(
          at, rows,
          [this, node, rows] {
            std::vector<task> undo;
            for (const auto shard : rows) {
              auto& s = shards_[shard.value];
              undo.push_back([&s, owner = s.owner] { s.owner = owner; });
              s.owner.clear();
            }
            return undo;
          },
          [answer, count = rows.size()] { answer(count); });
    });
  });
}

void postgres_model::release(const backend_ptr& at, const node_identity& node, reply<std::size_t> answer) {
  begin(at, [this, at, node, answer = std::move(answer)] {
    if (refuses_writes(at, answer)) return;
    const auto owned = [this, node] {
      std::vector<shard_id> rows;
      for (std::uint32_t i = 0; i < shards_.size(); ++i) {
        if (shards_[i].owner == node.incarnation) rows.push_back(shard_id{i});
      }
      return rows;
    };
    when_free(at, owned(), lock_tries, [this, at, node, owned, answer](bool is_free) {
      if (!is_free) return roll_back(at, [&] { answer(error{errc::unavailable, "lock timeout"}); });
      const auto rows = owned();
      commit(
          at, rows,
          [this, node, rows] {
            for (const auto s : rows) shards_[s.value].owner.clear();
            leases_.erase(node.incarnation);
            return std::vector<task>{};
          },
          [answer, count = rows.size()] { answer(count); });
    });
  });
}

std::vector<shard_id> postgres_model::departed() const {
  std::vector<shard_id> found;
  for (std::uint32_t i = 0; i < shards_.size(); ++i) {
    const auto& where = shards_[i].moved_to;
    if (!where.empty() && !where.starts_with("arriving")) found.push_back(shard_id{i});
  }
  return found;
}

std::vector<shard_row> postgres_model::survey() const {
  std::vector<shard_row> rows;
  for (std::uint32_t i = 0; i < shards_.size(); ++i) {
    const auto& s = shards_[i];
    if (!s.moved_to.empty()) continue;
    const auto lease = leases_.find(s.owner);
    const bool stands = lease != leases_.end();
    rows.push_back({shard_id{i},
                    s.owner,
                    s.term,
                    s.n,
                    stands && lease->second.until > host_->unix_now(),
                    stands ? lease->second.renewals : 0,
                    {},
                    s.closed_until > host_->unix_now()});
  }
  return rows;
}

}  // namespace parley::simulation
