#include "actors/feeds_actor.hpp"

#include "actors/feed_actor.hpp"
#include "actors/stop.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>

namespace parley {
namespace {

constexpr std::size_t heads_per_query = 1000;
constexpr milliseconds feed_tick_period{10};

}  // namespace

feeds_actor::feeds_actor(caf::actor_config& config, context_ptr context, caf::actor router)
    : event_based_actor(config),
      context_(std::move(context)),
      router_(std::move(router)),
      watch_(context_->options.head_period),
      routes_(context_->options.routes),
      jitter_(static_cast<decltype(jitter_)>(std::hash<std::string>{}(context_->options.node.incarnation))) {}

caf::behavior feeds_actor::make_behavior() {
  delayed_send(this, context_->options.poll_period, msg::poll{});
  return {
      [this](msg::attach& m) { attach(m); },
      [this](msg::envelope& m) {
        const auto key = m.what.room;
        forward(key, std::move(m));
      },
      [this](const msg::room_subscribed& m) {
        const auto found = feeds_.find(m.room);
        if (found == feeds_.end()) return;
        // The former endpoint's word proves nothing: owners may be done with it.
        if (routes_[found->second.room->shard.value].endpoint == m.endpoint) forward(m.room, m);
      },
      [this](const msg::endpoints_moved& m) { moved(m); },
      [this](const msg::link_lost& m) { link_lost(m.endpoint, nullptr); },
      [this](const msg::shards_lost& m) {
        const std::set<shard_id> lost(m.shards.begin(), m.shards.end());
        link_lost(m.endpoint, &lost);
      },
      [this](const msg::beacon_heard& m) {
        for (const auto& hint : watch_.heard(m.what)) forward(hint.room->key, msg::head_seen{hint.head, std::nullopt});
      },
      [this](const msg::feed_marked& m) { watch_.head_read(m.room, m.mark); },
      [this](const msg::marks_polled& m) { polled(m); },
      [this](const msg::heads_polled& m) {
        if (m.heads.has_error()) return;  // the next poll asks again
        for (std::size_t i = 0; i < m.rooms.size(); ++i) {
          forward(m.rooms[i]->key, msg::head_seen{(*m.heads)[i].head, (*m.heads)[i].mark});
          if (watch_.is_head_due(m.rooms[i], context_->clock->boot_now())) forward(m.rooms[i]->key, msg::head_proven{});
        }
      },
      [this](const msg::feed_idle& m) {
        auto found = feeds_.find(m.room);
        if (found != feeds_.end() && found->second.attaches == m.attaches)
          found->second.idle_since = context_->clock->boot_now();
      },
      [this](const msg::wants_tick& m) {
        wanting_ticks_.insert(m.room);
        if (std::exchange(is_ticking_, true)) return;
        delayed_send(this, feed_tick_period, msg::tick{});
      },
      [this](const msg::tick&) {
        is_ticking_ = false;
        tick_feeds();
      },
      [this](const msg::poll&) { poll(); },
  };
}

void feeds_actor::on_exit() {
  for (auto& [key, entry] : feeds_) stop_now(entry.actor);
  feeds_.clear();
  router_ = nullptr;
}

void feeds_actor::attach(msg::attach& m) {
  auto& entry = entry_for(m.room);
  ++entry.attaches;
  entry.idle_since.reset();
  caf::anon_send(entry.actor, std::move(m));
}

feeds_actor::feed_entry& feeds_actor::entry_for(const room_ref& room) {
  auto found = feeds_.find(room->key);
  if (found != feeds_.end()) return found->second;
  auto actor = spawn<feed_actor>(context_, room, caf::actor_cast<caf::actor>(this), router_);
  context_->probe->feed_opened();
  auto& entry = feeds_.emplace(room->key, feed_entry{room, std::move(actor), 0, std::nullopt}).first->second;
  const bool is_first = watch_.added(room, context_->clock->boot_now());
  at_endpoints_of(room->shard, [&](fan_out& endpoint) {
    if (is_first) endpoint.subscribe(room->shard);
    endpoint.subscribe(room);
  });
  return entry;
}

template <class Message>
void feeds_actor::forward(const room_key& room, Message&& m) {
  auto found = feeds_.find(room);
  if (found != feeds_.end()) caf::anon_send(found->second.actor, std::forward<Message>(m));
}

void feeds_actor::link_lost(std::size_t endpoint, const std::set<shard_id>* shards) {
  for (const auto& [key, entry] : feeds_) {
    const auto shard = entry.room->shard;
    if (routes_[shard.value].endpoint != endpoint) continue;
    if (!shards || shards->contains(shard)) caf::anon_send(entry.actor, msg::link_lost{endpoint});
  }
}

// ---- another endpoint ------------------------------------------------------------------------------------------

template <class Act>
void feeds_actor::at_endpoints_of(shard_id shard, Act act) {
  const auto where = routes_.endpoints_of(shard);
  if (where.former) act(*context_->endpoints[*where.former]);
  act(*context_->endpoints[where.present]);
}

template <class Act>
void feeds_actor::each_subscription(const std::unordered_map<shard_id, std::size_t>& where, Act act) {
  if (where.empty()) return;
  for (const auto shard : watch_.shards()) {
    if (const auto found = where.find(shard); found != where.end()) act(*context_->endpoints[found->second], shard);
  }
  for (const auto& [key, entry] : feeds_) {
    const auto found = where.find(entry.room->shard);
    if (found != where.end()) act(*context_->endpoints[found->second], entry.room);
  }
}

/// The former subscriptions stay for a while: owners that have not heard of it yet publish there alone. What was missed
/// all the same, each feed asks for when its new subscription is confirmed.
void feeds_actor::moved(const msg::endpoints_moved& m) {
  std::unordered_map<shard_id, std::size_t> begun, dropped;
  const auto until = context_->clock->boot_now() + context_->options.endpoint_overlap;
  for (const auto& change : m.changes) {
    const auto before = routes_.endpoints_of(change.shard);
    if (before.present == change.to) continue;
    if (before.former && *before.former != change.to) dropped.emplace(change.shard, *before.former);
    begun.emplace(change.shard, change.to);
    routes_.move_endpoint(change.shard, change.to);
    overlaps_.begin(change.shard, until);
  }
  each_subscription(begun, [](fan_out& endpoint, const auto& what) { endpoint.subscribe(what); });
  each_subscription(dropped, [](fan_out& endpoint, const auto& what) { endpoint.unsubscribe(what); });
}

void feeds_actor::end_overlaps() {
  std::unordered_map<shard_id, std::size_t> former;
  for (const auto shard : overlaps_.ended(context_->clock->boot_now())) {
    if (const auto where = routes_.endpoints_of(shard); where.former) former.emplace(shard, *where.former);
    routes_.end_overlap(shard);
  }
  each_subscription(former, [](fan_out& endpoint, const auto& what) { endpoint.unsubscribe(what); });
}

// ---- the tail (C10) --------------------------------------------------------------------------------------------

void feeds_actor::poll() {
  std::map<database_id, std::vector<shard_id>> by_database;
  for (const auto shard : watch_.shards()) by_database[context_->options.routes[shard.value].database].push_back(shard);
  for (auto& [database, shards] : by_database) {
    context_->databases[database.value].log->marks(
        shards, [self = caf::actor_cast<caf::actor>(this), id = database, asked = shards](auto marks) {
          caf::anon_send(self, msg::marks_polled{id, asked, std::move(marks)});
        });
  }
  end_idle();
  end_overlaps();
  // A tenth of jitter, so that the polls of many nodes do not meet.
  jitter_ = jitter_ * 1664525u + 1013904223u;
  const auto period = context_->options.poll_period;
  delayed_send(this, period * 95 / 100 + period * static_cast<int>(jitter_ >> 24) / 2560, msg::poll{});
}

void feeds_actor::polled(const msg::marks_polled& m) {
  if (m.marks.has_error()) return;
  std::vector<room_ref> suspects;
  for (std::size_t i = 0; i < m.shards.size(); ++i) {
    auto found = watch_.polled(m.shards[i], (*m.marks)[i]);
    std::ranges::move(found, std::back_inserter(suspects));
    for (const auto& room : watch_.proven(m.shards[i], (*m.marks)[i], context_->clock->boot_now()))
      forward(room->key, msg::head_proven{});
  }
  if (suspects.empty()) return;
  context_->probe->tail_suspected(suspects.size());
  for (std::size_t first = 0; first < suspects.size(); first += heads_per_query) {
    const auto last = std::min(suspects.size(), first + heads_per_query);
    check_heads(
        {suspects.begin() + static_cast<std::ptrdiff_t>(first), suspects.begin() + static_cast<std::ptrdiff_t>(last)});
  }
}

void feeds_actor::check_heads(std::vector<room_ref> rooms) {
  // All of one poll are of one database.
  auto& log = context_->log_of(rooms.front()->shard);
  log.heads(rooms, [self = caf::actor_cast<caf::actor>(this), rooms](auto heads) {
    caf::anon_send(self, msg::heads_polled{rooms, std::move(heads)});
  });
}

// ---- time ------------------------------------------------------------------------------------------------------

void feeds_actor::tick_feeds() {
  for (const auto& key : std::exchange(wanting_ticks_, {})) forward(key, msg::tick{});
}

void feeds_actor::end_idle() {
  const auto now = context_->clock->boot_now();
  for (auto item = feeds_.begin(); item != feeds_.end();) {
    auto& entry = item->second;
    if (!entry.idle_since || now - *entry.idle_since < context_->options.feed_linger) {
      ++item;
      continue;
    }
    const bool is_last = watch_.removed(entry.room);
    at_endpoints_of(entry.room->shard, [&](fan_out& endpoint) {
      endpoint.unsubscribe(entry.room);
      if (is_last) endpoint.unsubscribe(entry.room->shard);
    });
    stop_now(entry.actor);
    context_->probe->feed_closed();
    item = feeds_.erase(item);
  }
}

}  // namespace parley
