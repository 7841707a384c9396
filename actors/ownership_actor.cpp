#include "actors/ownership_actor.hpp"

#include "actors/core/mutant.hpp"

#include <caf/send.hpp>

#include <utility>

namespace parley {
namespace {

std::vector<shard_id> ids_of(const std::unordered_map<shard_id, caf::actor>& shards) {
  std::vector<shard_id> ids;
  for (const auto& [id, actor] : shards) ids.push_back(id);
  return ids;
}

}  // namespace

ownership_actor::ownership_actor(caf::actor_config& config, context_ptr context, database_id database,
                                 std::unordered_map<shard_id, caf::actor> shards, caf::actor writer)
    : event_based_actor(config),
      context_(std::move(context)),
      database_(database),
      owners_(*context_->databases[database.value].owners),
      core_(context_->options.node.incarnation, ids_of(shards), context_->options.lease),
      shards_(std::move(shards)),
      writer_(std::move(writer)) {}

caf::behavior ownership_actor::make_behavior() {
  send(this, msg::tick{});
  return {
      [this](const msg::tick&) {
        if (is_releasing_) return;
        renew();
        if (!core_.holds_all_wanted()) survey();
        delayed_send(this, context_->options.lease.renew_period, msg::tick{});
      },
      [this](const msg::lease_renewed& m) {
        is_renewing_ = false;
        if (m.answer.has_error()) {
          context_->log->write(log_level::warn, "lease.not_renewed", {{"why", m.answer.error().detail}});
          return;
        }
        auto& clock = *context_->leases[database_.value];
        const auto lost = core_.renewed(*m.answer, m.sent_at, context_->clock->boot_now());
        if (!lost.empty() && !is_on(mutant::lease_era_ignored)) clock.begin_era();
        for (const auto& ended : lost) {
          let_go(ended.shard, ended.term, "the lease may have ended, or the database is not the same history any more");
        }
        clock.extend(core_.valid_until());
        if (!core_.holds_all_wanted()) survey();
      },
      [this](msg::surveyed& m) { surveyed(m); },
      [this](msg::shards_claimed& m) { claimed(m); },
      [this](const msg::shard_fenced& m) {
        if (core_.stepped_down(m.shard, m.term)) let_go(m.shard, m.term, m.reason);
      },
      [this](msg::release& m) { release(m); },
  };
}

void ownership_actor::on_exit() {
  shards_.clear();
  writer_ = nullptr;
}

void ownership_actor::renew() {
  if (std::exchange(is_renewing_, true)) return;
  owners_.renew(context_->options.node, context_->options.lease.lease_time,
                [self = caf::actor_cast<caf::actor>(this), sent_at = context_->clock->boot_now()](auto answer) {
                  caf::anon_send(self, msg::lease_renewed{sent_at, std::move(answer)});
                });
}

void ownership_actor::survey() {
  if (is_releasing_ || std::exchange(is_surveying_, true)) return;
  owners_.survey(
      [self = caf::actor_cast<caf::actor>(this)](auto rows) { caf::anon_send(self, msg::surveyed{std::move(rows)}); });
}

void ownership_actor::surveyed(msg::surveyed& m) {
  is_surveying_ = false;
  if (m.rows.has_error() || is_releasing_) return;
  auto claims = core_.surveyed(*m.rows, context_->clock->boot_now());
  if (claims.empty()) return;
  is_surveying_ = true;  // until the claim is answered: one step at a time
  owners_.claim(context_->options.node, std::move(claims),
                [self = caf::actor_cast<caf::actor>(this), sent_at = context_->clock->boot_now()](auto shards) {
                  caf::anon_send(self, msg::shards_claimed{sent_at, std::move(shards)});
                });
}

void ownership_actor::claimed(msg::shards_claimed& m) {
  is_surveying_ = false;
  if (m.shards.has_error()) {
    context_->log->write(log_level::warn, "shards.not_claimed", {{"why", m.shards.error().detail}});
    return;
  }
  const auto won = core_.claimed(*m.shards, m.sent_at);
  for (const auto& shard : won) {
    const auto& actor = shards_.at(shard.shard);
    const shard_mark mark{shard.term, shard.n};
    send(writer_, msg::open_shard{shard.shard, mark, actor});  // with a sender: the writer answers fences to us
    caf::anon_send(actor, msg::shard_opened{shard.shard, mark, context_->leases[database_.value]->era()});
    ++context_->shards_owned;
    context_->probe->shard_opened();
  }
  context_->log->write(log_level::info, "shards.claimed",
                       {{"database", std::to_string(database_.value)},
                        {"won", std::to_string(won.size())},
                        {"asked", std::to_string(m.shards->size())}});
}

void ownership_actor::let_go(shard_id shard, parley::term under, const std::string& reason) {
  caf::anon_send(writer_, msg::close_shard{shard});
  caf::anon_send(shards_.at(shard), msg::shard_closed{shard, under});
  --context_->shards_owned;
  context_->probe->shard_lost();
  context_->log->write(
      log_level::warn, "shard.lost",
      {{"shard", std::to_string(shard.value)}, {"term", std::to_string(under.value)}, {"why", reason}});
}

void ownership_actor::release(msg::release& m) {
  is_releasing_ = true;
  context_->leases[database_.value]->extend(instant{});
  owners_.release(context_->options.node, [done = std::move(m.done)](auto) { (*done)(); });
}

}  // namespace parley
