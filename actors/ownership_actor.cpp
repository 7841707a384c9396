#include "actors/ownership_actor.hpp"

#include "actors/core/mutant.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace parley {
namespace {

constexpr milliseconds soonest_renewal{200};  // while writes wait for an owner

std::vector<shard_id> ids_of(const std::unordered_map<shard_id, caf::actor>& shards) {
  std::vector<shard_id> ids;
  for (const auto& [id, actor] : shards) ids.push_back(id);
  return ids;
}

}  // namespace

ownership_actor::ownership_actor(caf::actor_config& config, context_ptr context, database_id database,
                                 std::unordered_map<shard_id, caf::actor> shards, caf::actor writer, caf::actor router)
    : event_based_actor(config),
      context_(std::move(context)),
      database_(database),
      owners_(*context_->databases[database.value].owners),
      core_(context_->options.node.incarnation, ids_of(shards), context_->options.lease),
      shards_(std::move(shards)),
      writer_(std::move(writer)),
      router_(std::move(router)) {}

caf::behavior ownership_actor::make_behavior() {
  send(this, msg::tick{});
  return {
      [this](const msg::tick&) {
        if (is_releasing_) return;
        renew();
        // Half a period later: both show who renews, so that a dead owner's last renewal is seen within that time.
        delayed_send(this, context_->options.lease.renew_period / 2, msg::poll{});
        delayed_send(this, context_->options.lease.renew_period, msg::tick{});
      },
      [this](const msg::poll&) {
        if (has_to_look()) survey();
      },
      [this](const msg::watch_ended&) {
        is_watch_end_due_ = false;
        if (is_releasing_) return;
        renew();  // and looks with its answer: the list of nodes has to say as well that the owner is gone
      },
      [this](const msg::look& m) {
        if (is_releasing_) return;
        // What another node tells us of may be younger than our list of nodes.
        if (m.is_of_peer || context_->clock->boot_now() - renewed_at_ >= soonest_renewal) renew();
        survey();
      },
      [this](const msg::lease_renewed& m) { renewed(m); },
      [this](msg::surveyed& m) { surveyed(m); },
      [this](msg::places_read& m) {
        if (m.places.has_error()) changes_.reset();  // read again with the next renewal
        if (m.places.has_error()) return;
        map_ = m.places->version;  // the router goes by it before the next renewal says so
        caf::anon_send(router_, std::move(m));
      },
      [this](const msg::shard_arrived& m) { arrived(m); },
      [this](const msg::shard_left& m) { left(m.shard); },
      [this](msg::shards_claimed& m) { claimed(m); },
      [this](const msg::shard_ready& m) {
        ready_.push_back({m.shard, m.term});
        yield();
      },
      [this](const msg::yielded& m) { yielded(m); },
      [this](const msg::shard_fenced& m) {
        if (core_.stepped_down(m.shard, m.term)) let_go(m.shard, m.term, log_level::warn, "shard.lost", m.reason);
        finish_leave();
      },
      [this](const msg::shard_not_opened& m) {
        if (!core_.stepped_down(m.shard, m.term)) return;
        let_go(m.shard, m.term, log_level::info, "shard.not_opened", "another node sent a write before it was open");
        survey();  // and claims it under another term
      },
      [this](msg::leave& m) { leave(m); },
      [this](msg::release& m) { release(m); },
  };
}

void ownership_actor::on_exit() {
  shards_.clear();
  writer_ = nullptr;
  router_ = nullptr;
  left_ = nullptr;
  released_ = nullptr;
}

// ---- the lease -------------------------------------------------------------------------------------------------

void ownership_actor::renew() {
  if (std::exchange(is_renewing_, true)) return;
  renewed_at_ = context_->clock->boot_now();
  owners_.renew(context_->options.node,
                {context_->options.lease.lease_time, context_->options.peer_address, core_.is_leaving(),
                 context_->endpoints.size(), map_},
                [self = caf::actor_cast<caf::actor>(this), sent_at = renewed_at_](auto answer) {
                  caf::anon_send(self, msg::lease_renewed{sent_at, std::move(answer)});
                });
}

void ownership_actor::renewed(const msg::lease_renewed& m) {
  is_renewing_ = false;
  if (is_releasing_) return finish_release();
  if (m.answer.has_error()) {
    context_->log->write(log_level::warn, "lease.not_renewed",
                         {{"database", shown(database_)}, {"why", m.answer.error().detail}});
    if (left_) (*std::exchange(left_, nullptr))();  // nobody can be given anything
    return;
  }
  auto& clock = *context_->leases[database_.value];
  const auto now = context_->clock->boot_now();
  const bool was_drained = core_.is_drained();
  const auto lost = core_.renewed(*m.answer, m.sent_at, now);
  if (core_.is_drained() != was_drained)
    context_->log->write(log_level::info, was_drained ? "node.undrained" : "node.drained",
                         {{"database", shown(database_)}});
  if (!lost.empty() && !is_on(mutant::lease_era_ignored)) clock.begin_era();
  for (const auto& ended : lost) {
    let_go(ended.shard, ended.term, log_level::warn, "shard.lost",
           "the lease may have ended, or the database is not the same history any more");
  }
  clock.extend(core_.valid_until());
  if (const auto* other = core_.namesake()) name_taken(*other);
  move_shards();
  if (has_to_look()) survey();
  note_changes(m.answer->changes);
  finish_leave();
}

/// A node looks at rows and map only when something is said to be new there: a renewal costs no more for it.
void ownership_actor::note_changes(std::uint64_t changes) {
  const auto before = std::exchange(changes_, changes);
  if (before == changes) return;
  read_places();
  if (before) survey();  // the first one comes anyway
}

void ownership_actor::read_places() {
  auto* places = context_->databases[database_.value].places;
  if (places == nullptr) return;
  places->places([self = caf::actor_cast<caf::actor>(this)](auto answer) {
    caf::anon_send(self, msg::places_read{std::move(answer)});
  });
}

/// Two nodes of one name would be wished the same shards, and an operator could move none.
void ownership_actor::name_taken(const cluster_node& by) {
  if (context_->is_name_taken.exchange(true)) return;
  context_->log->write(log_level::error, "node.name_taken",
                       {{"node", by.node.name}, {"incarnation", by.node.incarnation}, {"peer", by.peer_address}});
  if (context_->name_taken) context_->name_taken(by);
}

/// A node that has every shard and sees nobody else has nothing to look for.
bool ownership_actor::has_to_look() const {
  return !core_.holds_all_wanted() || !core_.is_alone(context_->clock->boot_now());
}

// ---- claims ----------------------------------------------------------------------------------------------------

void ownership_actor::survey() {
  if (is_releasing_) return;
  if (std::exchange(is_surveying_, true)) {
    has_to_look_again_ = true;
    return;
  }
  has_to_look_again_ = false;
  surveyed_at_ = context_->clock->boot_now();
  owners_.survey(
      [self = caf::actor_cast<caf::actor>(this)](auto rows) { caf::anon_send(self, msg::surveyed{std::move(rows)}); });
}

void ownership_actor::surveyed(msg::surveyed& m) {
  is_surveying_ = false;
  if (m.rows.has_error() || is_releasing_) return;
  const auto now = context_->clock->boot_now();
  for (const auto& ended : core_.superseded(*m.rows, surveyed_at_)) {
    let_go(ended.shard, ended.term, log_level::warn, "shard.lost", "another owner has claimed it");
  }
  note_others(*m.rows);
  auto claims = core_.surveyed(*m.rows, now);
  await_watch_end(now);
  if (core_.has_closing()) move_shards();
  const bool are_others_there = std::ranges::any_of(
      core_.nodes(), [&](const auto& node) { return node.node.incarnation != context_->options.node.incarnation; });
  // Once more when the last one has gone: the router's links to it end then.
  if (are_others_there || nodes_said_ > 1)
    caf::anon_send(router_, msg::owners_seen{database_, std::move(*m.rows), core_.nodes()});
  nodes_said_ = core_.nodes().size();
  if (claims.empty()) {
    if (has_to_look_again_) survey();
    return;
  }
  is_surveying_ = true;  // until the claim is answered: one step at a time
  owners_.claim(context_->options.node, std::move(claims),
                [self = caf::actor_cast<caf::actor>(this), sent_at = now](auto shards) {
                  caf::anon_send(self, msg::shards_claimed{sent_at, std::move(shards)});
                });
}

/// A watch that ends between two looks would leave a dead node's shards to nobody until the second one.
void ownership_actor::await_watch_end(instant now) {
  const auto ends = core_.watch_ends();
  if (!ends || *ends - now >= context_->options.lease.renew_period / 2) return;  // another look comes before
  if (std::exchange(is_watch_end_due_, true)) return;
  delayed_send(this, *ends - now, msg::watch_ended{});
}

/// For readiness: a write of such a shard has somewhere to go; or an operator moves its rooms just now, and no row
/// shows it here: that one shard stands still must not take every node out of service.
void ownership_actor::note_others(const std::vector<shard_row>& rows) {
  auto elsewhere = shards_.size();
  for (const auto& row : rows) {
    const bool is_others = row.has_lease && row.owner != context_->options.node.incarnation;
    const bool is_moving = row.is_closing && row.owner.empty();
    if (shards_.contains(row.shard) && !is_others && !is_moving) --elsewhere;
  }
  context_->shards_elsewhere += elsewhere - std::exchange(elsewhere_, elsewhere);
}

void ownership_actor::claimed(msg::shards_claimed& m) {
  is_surveying_ = false;
  if (m.shards.has_error()) {
    context_->log->write(log_level::warn, "shards.not_claimed",
                         {{"database", shown(database_)}, {"why", m.shards.error().detail}});
    return;
  }
  const auto won = core_.claimed(*m.shards, m.sent_at);
  for (const auto& shard : won) {
    const auto& actor = shards_.at(shard.shard);
    const shard_mark mark{shard.term, shard.n};
    // With a sender: writer and shard answer to us.
    send(writer_, msg::open_shard{shard.shard, mark, actor});
    send(actor, msg::shard_opened{shard.shard, mark, context_->leases[database_.value]->era(), database_, writer_});
    ++context_->shards_owned;
    ++context_->leases[database_.value]->shards;
    context_->probe->shard_opened();
  }
  context_->log->write(log_level::info, "shards.claimed",
                       {{"database", shown(database_)},
                        {"won", std::to_string(won.size())},
                        {"asked", std::to_string(m.shards->size())}});
  if (!won.empty()) caf::anon_send(router_, msg::tell_to_look{database_, {}});  // somebody may wait for their owner
  if (has_to_look_again_) survey();
}

void ownership_actor::let_go(shard_id shard, parley::term under, log_level level, const char* event,
                             const std::string& reason) {
  takers_.erase(shard);
  caf::anon_send(writer_, msg::close_shard{shard});
  caf::anon_send(shards_.at(shard), msg::shard_closed{shard, under});
  --context_->shards_owned;
  --context_->leases[database_.value]->shards;
  context_->probe->shard_lost();
  context_->log->write(
      level, event, {{"shard", std::to_string(shard.value)}, {"term", std::to_string(under.value)}, {"why", reason}});
}

// ---- the shard map ---------------------------------------------------------------------------------------------

void ownership_actor::arrived(const msg::shard_arrived& m) {
  shards_.insert_or_assign(m.shard, m.actor);
  core_.want(m.shard);
  survey();
}

/// Its owner gave it back before it could move: where this node still holds it, its claim was lost with a failover.
void ownership_actor::left(shard_id shard) {
  if (const auto under = core_.unwant(shard))
    let_go(shard, *under, log_level::warn, "shard.lost", "its rooms live in another database now");
  takers_.erase(shard);
  shards_.erase(shard);
  survey();  // who counts on what is elsewhere counts anew
}

}  // namespace parley
