#include "actors/router_actor.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace parley {
namespace {

constexpr milliseconds busy_tick{50};
constexpr milliseconds quiet_tick{1'000};
constexpr milliseconds look_period{50};  // of one database, while somebody waits for an owner

}  // namespace

router_actor::router_actor(caf::actor_config& config, context_ptr context)
    : event_based_actor(config),
      context_(std::move(context)),
      book_(context_->options.node.incarnation, context_->options.shards, context_->options.route),
      links_(context_->peers, context_->log),
      looked_at_(context_->databases.size(), instant::min()) {}

caf::behavior router_actor::make_behavior() {
  return {
      [this](msg::house& m) {
        house_ = std::move(m);
        if (places_) placed(*places_);
      },
      [this](const msg::places_read& m) {
        if (places_ && m.places->version < places_->version) return;  // an answer that was overtaken
        places_ = *m.places;
        if (!house_.owners.empty()) placed(*places_);
      },
      [this](msg::write& m) { write(m); },
      [this](msg::head_question& m) { head(m); },
      [this](msg::write_returned& m) {
        book::effects out;
        const auto under = m.what.under;
        book_.returned(std::move(m.what), under, now(), out);
        perform(std::move(out));
      },
      [this](const msg::order_broken& m) {
        book::effects out;
        book_.order_broken(m.shard, m.session, m.round, now(), out);
        perform(std::move(out));
      },
      [this](const msg::shard_here& m) {
        book::effects out;
        book_.opened(m.shard, m.term, now(), out);
        perform(std::move(out));
      },
      [this](const msg::shard_flushed& m) {
        book::effects out;
        book_.flushed(m.shard, m.term, now(), out);
        perform(std::move(out));
      },
      [this](const msg::owners_seen& m) { seen(m); },
      [this](const msg::tell_to_look& m) { tell_to_look(m); },
      [this](const msg::peer_opened& m) { opened(m); },
      [this](msg::peer_said& m) { said(m); },
      [this](const msg::peer_closed& m) { closed(m); },
      [this](const msg::tick&) {
        is_ticking_ = false;
        tick();
      },
      [this](const msg::poll&) {
        is_polling_ = false;
        tick();
      },
  };
}

void router_actor::on_exit() {
  links_.close_all();
  house_ = {};
  heads_.clear();
  book_ = book{{}, 0};  // writes hold their connections
}

// ---- questions of this node's sessions and feeds ---------------------------------------------------------------

void router_actor::write(msg::write& m) {
  if (const auto under = book_.open_here(m)) {
    m.under = *under;
    const auto& shard = house_.shards[m.room->shard.value];
    caf::anon_send(shard, std::move(m));
    return;
  }
  book::effects out;
  book_.write(std::move(m), now(), out);
  perform(std::move(out));
}

void router_actor::head(msg::head_question& m) {
  const auto* owner = book_.asked_elsewhere(m.room->shard);
  if (owner == nullptr) {
    const auto& shard = house_.shards.at(m.room->shard.value);
    caf::anon_send(shard, std::move(m));
    return;
  }
  const auto request = heads_.ask({m.feed, m.q}, *owner, now());
  if (request && links_.send(*owner, peer::head_question{*request, m.room->shard, m.room->instance, m.room->room})) {
    return keep_ticking();
  }
  if (request) (void)heads_.ended(*request);
  caf::anon_send(m.feed, msg::head_word{m.q, std::nullopt});
}

// ---- who is where ----------------------------------------------------------------------------------------------

void router_actor::seen(const msg::owners_seen& m) {
  std::vector<peer_place> places;
  for (const auto& node : m.nodes) {
    if (node.node.incarnation != context_->options.node.incarnation) places.push_back({node.node, node.peer_address});
  }
  book::effects out;
  for (const auto& ended : links_.placed(m.database, std::move(places))) book_.link_lost(ended, now(), out);
  for (const auto& row : m.rows) {
    // Each database has a row for every shard. Where a shard does not live, its row says nothing about its owner.
    if (context_->options.routes[row.shard.value].database == m.database)
      book_.owner_seen(row.shard, row.owner, row.term, now(), out);
  }
  perform(std::move(out));
}

/// The route first: who claims the shard in its new database reads its rooms there.
void router_actor::placed(const shard_places& places) {
  auto& routes = context_->options.routes;
  const auto changes = changes_of(routes, places, context_->databases.size(), context_->endpoints.size());
  for (const auto& change : changes.moves) {
    routes.move(change.shard, change.to);
    caf::anon_send(house_.owners[change.from.value], msg::shard_left{change.shard});
    caf::anon_send(house_.owners[change.to.value], msg::shard_arrived{change.shard, house_.shards[change.shard.value]});
    context_->log->write(
        log_level::info, "shard.placed",
        {{"shard", std::to_string(change.shard.value)}, {"from", shown(change.from)}, {"to", shown(change.to)}});
  }
  move_endpoints(changes.endpoint_moves);
  tell_lacking("shards.out_of_reach", changes.out_of_reach.size(), "they moved to a database");
  tell_lacking("shards.out_of_hearing", changes.out_of_hearing.size(), "their copies travel over a Redis endpoint");
}

/// Publishers use both endpoints for a while, and so do the feeds: whoever hears of it later misses nothing meanwhile.
void router_actor::move_endpoints(const std::vector<endpoint_change>& changes) {
  if (changes.empty()) return;
  for (const auto& change : changes) {
    context_->options.routes.move_endpoint(change.shard, change.to);
    overlaps_.begin(change.shard, now() + context_->options.endpoint_overlap);
  }
  if (house_.feeds) caf::anon_send(house_.feeds, msg::endpoints_moved{changes});
  context_->log->write(log_level::info, "shards.endpoint_moved", {{"shards", std::to_string(changes.size())}});
  keep_ticking();
}

void router_actor::tell_lacking(const char* event, std::size_t shards, const char* what) {
  if (shards == 0) return;
  context_->log->write(log_level::error, event,
                       {{"shards", std::to_string(shards)},
                        {"why", std::string(what) + " that this node's list lacks: restart it with the longer list"}});
}

void router_actor::tell_to_look(const msg::tell_to_look& m) {
  if (m.node.empty()) {
    links_.send_all(peer::look{m.database});
  } else {
    links_.send_soon(m.node, peer::look{m.database}, caf::actor_cast<caf::actor>(this), now());
    keep_ticking();
  }
}

// ---- links -----------------------------------------------------------------------------------------------------

void router_actor::opened(const msg::peer_opened& m) {
  const auto* node = links_.opened(m.link);
  if (node == nullptr) return;
  context_->probe->peer_link_opened();
  book::effects out;
  book_.link_opened(*node, now(), out);
  perform(std::move(out));
}

void router_actor::said(msg::peer_said& m) {
  if (links_.node_of(m.link) == nullptr) return;
  for (auto& item : m.items) std::visit([this](auto& what) { answered(what); }, item);
}

void router_actor::closed(const msg::peer_closed& m) {
  const auto node = links_.closed(m.link, m.why, now());
  if (node.empty()) return keep_ticking();
  context_->probe->peer_link_lost();
  for (const auto& asker : heads_.link_lost(node)) tell_head(asker, std::nullopt);
  book::effects out;
  book_.link_lost(node, now(), out);
  perform(std::move(out));
  // A broken link is a hint to look at leases sooner, never a proof.
  for (std::uint32_t i = 0; i < house_.owners.size(); ++i) caf::anon_send(house_.owners[i], msg::look{database_id{i}});
}

void router_actor::answered(peer::published& what) {
  book::effects out;
  book_.answered(what.request, reply::published{{}, what.at_position, what.at, what.duplicate}, now(), out);
  perform(std::move(out));
}

void router_actor::answered(peer::refused& what) {
  book::effects out;
  book_.answered(what.request, std::move(what.why), now(), out);
  perform(std::move(out));
}

void router_actor::answered(peer::not_owner& what) {
  book::effects out;
  book_.not_owner(what.request, now(), out);
  perform(std::move(out));
}

void router_actor::answered(peer::head& what) {
  if (const auto asker = heads_.ended(what.request)) tell_head(*asker, what.what);
}

void router_actor::tell_head(const head_asker& asker, std::optional<room_head> what) {
  caf::anon_send(asker.feed, msg::head_word{asker.q, std::move(what)});
}

// ---- effects ---------------------------------------------------------------------------------------------------

void router_actor::perform(book::effects effects) {
  full_.clear();
  for (auto& effect : effects) {
    std::visit([this](auto& e) { perform_one(e); }, effect);
  }
  keep_ticking();
}

void router_actor::perform_one(book::to_shard& e) {
  e.what.under = e.under;
  const auto& shard = house_.shards[e.what.room->shard.value];
  caf::anon_send(shard, std::move(e.what));
}

void router_actor::perform_one(book::to_peer& e) {
  const auto& room = *e.what.room;
  const bool is_sent = !full_.contains(e.owner) &&
                       links_.send(e.owner, peer::publish{e.request, room.shard, e.under, room.instance, room.room,
                                                          e.what.what, e.what.from.session, e.what.from.round});
  if (is_sent) {
    context_->probe->publish_forwarded();
    return;
  }
  full_.insert(e.owner);  // nothing of this list passes it
  book::effects out;
  book_.unsent(e.request, now(), out);
  for (auto& effect : out) perform_one(std::get<book::answer>(effect));  // it came behind a failure meanwhile
}

void router_actor::perform_one(book::answer& e) {
  if (auto* stored = std::get_if<reply::published>(&e.what)) {
    stored->room = e.to.room->room;
  } else {
    context_->probe->publish_refused();
  }
  caf::anon_send(e.to.connection, msg::write_answer{e.to.room, e.to.from.number, std::move(e.what)});
}

void router_actor::perform_one(book::look& e) {
  const auto database = context_->options.routes[e.shard.value].database;
  auto& looked = looked_at_[database.value];
  const auto time = now();
  if (house_.owners.empty() || (looked != instant::min() && time - looked < look_period)) return;
  looked = time;
  caf::anon_send(house_.owners[database.value], msg::look{database});
}

void router_actor::perform_one(book::dial& e) { links_.need(e.owner, caf::actor_cast<caf::actor>(this), now()); }

// ---- time ------------------------------------------------------------------------------------------------------

void router_actor::tick() {
  book::effects out;
  book_.tick(now(), out);
  for (const auto shard : overlaps_.ended(now())) context_->options.routes.end_overlap(shard);
  links_.retry(caf::actor_cast<caf::actor>(this), now());
  for (const auto& asker : heads_.overdue(now())) tell_head(asker, std::nullopt);
  perform(std::move(out));
}

/// Only while something waits or is remembered. One timer of each kind, never more: a router changes between busy and
/// quiet with every write.
void router_actor::keep_ticking() {
  if (book_.is_busy() || !heads_.is_empty() || links_.is_waiting()) {
    if (!std::exchange(is_ticking_, true)) delayed_send(this, busy_tick, msg::tick{});
  } else if (book_.has_failures() || !overlaps_.is_empty()) {
    if (!std::exchange(is_polling_, true)) delayed_send(this, quiet_tick, msg::poll{});
  }
}

}  // namespace parley
