// Ownership, the shard and its room, as actors/ownership_actor, shard_actor and room_actor are.
#include "actors/core/mutant.hpp"
#include "tests/exhaustive/world.hpp"

namespace parley::exhaustive {

// ---- ownership -------------------------------------------------------------------------------------------------

void world::renew(std::size_t n) {
  ask({"renew", statement::kind::lease, n, place(who::ownership, n),
       [n, sent_at = now_](world& w) -> task {
         const auto renewal = w.stored_.change().renew(n, w.now_, w.current_);
         return [n, sent_at, renewal](world& then) {
           auto& owner = then.nodes_[n].owner.change();
           const auto lost = owner.renewed(renewal, sent_at, then.now_);
           if (!lost.empty() && !is_on(mutant::lease_era_ignored)) ++then.nodes_[n].lease_era;
           for (const auto& ended : lost) then.let_go(n, ended.term);
           then.nodes_[n].lease_until = owner.valid_until();
         };
       },
       [](world&, const error&) {}});
}

void world::claim(std::size_t n) {
  auto claims = nodes_[n].owner.change().surveyed(stored_->survey(now_), now_);
  if (claims.empty()) return;
  ask({"claim", statement::kind::lease, n, place(who::ownership, n),
       [n, claims, sent_at = now_](world& w) -> task {
         const auto shards = w.stored_.change().claim(n, claims, w.current_);
         return [n, shards, sent_at](world& then) {
           for (const auto& won : then.nodes_[n].owner.change().claimed(shards, sent_at)) {
             const shard_mark mark{won.term, won.n};
             then.post(place(who::writer, n), "open shard", [n, mark](world& at) {
               at.writer(n).open_shard(shard_id{0}, mark.term, mark.n);
               at.nodes_[n].writer.change().has_shard = true;
             });
             then.post(place(who::shard, n), "shard opened", [n, mark, era = then.nodes_[n].lease_era](world& at) {
               if (at.nodes_[n].shard->owned_under) at.shard_closed(n);
               auto& shard = at.nodes_[n].shard.change();
               shard.owned_under = mark.term;
               shard.lease_era = era;
               shard.book.opened(mark);
             });
           }
         };
       },
       [](world&, const error&) {}});
}

void world::let_go(std::size_t n, term under) {
  post(place(who::writer, n), "close shard", [n](world& w) {
    w.perform(n, w.writer(n).close_shard(shard_id{0}));
    auto& shell = w.nodes_[n].writer.change();
    shell.room_life = 0;
    shell.has_shard = false;
  });
  post(place(who::shard, n), "shard closed", [n, under](world& w) {
    if (w.nodes_[n].shard->owned_under == under) w.shard_closed(n);
  });
}

// ---- the shard -------------------------------------------------------------------------------------------------

void world::shard_closed(std::size_t n) {
  auto& shard = nodes_[n].shard.change();
  shard.owned_under.reset();
  for (const auto& w : std::exchange(shard.waiting, {})) refuse(n, w);
  if (shard.awake != 0) {
    post(place(who::room, n), "retire", [n, life = shard.awake](world& w) {
      auto& lives = w.nodes_[n].room.change().lives;
      auto found = lives.find(life);
      if (found == lives.end()) return;
      for (const auto& a : found->second.core.abandon()) w.room_answer(n, found->second, a);
      lives.erase(found);
    });
  }
  shard.awake = shard.waking = 0;
}

void world::write(std::size_t n, sent_write w) {
  auto& shard = nodes_[n].shard.change();
  if (!shard.owned_under || !shard.gate.admits(w.from.session, w.from.round)) return refuse(n, w);
  if (shard.awake != 0) {
    post(place(who::room, n), "write", [n, life = shard.awake, w](world& then) { then.room_publish(n, life, w); });
    return;
  }
  shard.waiting.push_back(std::move(w));
  if (shard.waking == 0) wake(n);
}

void world::refuse(std::size_t n, const sent_write& w) {
  nodes_[n].shard.change().gate.failed(w.from.session, w.from.round, now_);
  tell(w.publisher, w.from.session, w.from.number,
       refusal{refusal_code::unavailable, "no node owns the room now", milliseconds{500}});
}

void world::wake(std::size_t n) {
  auto& shard = nodes_[n].shard.change();
  shard.waking = ++shard.wakings;
  ask({"read the room's head", statement::kind::read, n, place(who::shard, n),
       [n, waking = shard.waking](world& w) -> task {
         return [n, waking, page = w.stored_->newest(1)](world& then) { then.loaded(n, waking, page); };
       },
       [n, waking = shard.waking](world& w, const error& e) { w.loaded(n, waking, e); }});
}

void world::loaded(std::size_t n, std::uint64_t waking, const result<history_page>& newest) {
  auto& shard = nodes_[n].shard.change();
  if (shard.awake != 0 || shard.waking != waking) return;
  shard.waking = 0;
  auto waiting = std::exchange(shard.waiting, {});
  if (newest.has_error()) {
    for (const auto& w : waiting) refuse(n, w);
    return;
  }
  shard.awake = waking;
  const auto room = testing::room_named("general");
  room_log_options options;
  options.ticket_base = waking << 32;
  nodes_[n].room.change().lives.emplace(waking, room_life{{room, newest->head, options}, false, {}});
  const auto last_at = newest->events.empty() ? unix_time{} : newest->events.back()->at;
  post(place(who::writer, n), "open room", [n, waking, room, head = newest->head, last_at](world& w) {
    w.writer(n).open_room(room, head, last_at);
    w.nodes_[n].writer.change().room_life = waking;
  });
  for (auto& w : waiting) write(n, std::move(w));
}

void world::head_asked(std::size_t n, question q) {
  const auto& here = nodes_[n];
  const bool stands = now_ < here.lease_until && here.shard->lease_era == here.lease_era;
  const bool has_lease = stands || is_on(mutant::head_word_without_lease);
  const bool may_answer = here.shard->owned_under && has_lease;
  // The lease is another actor's: what the shard saw of it is part of its history.
  histories_[place(who::shard, n)] = fold(histories_[place(who::shard, n)], may_answer ? 1 : 0);
  if (!may_answer || here.shard->awake == 0) {
    post_slow(place(who::feed), "no word", [q](world& w) { w.read_head(q); });
    return;
  }
  if (!stored_->is_owner(n)) fail("R7: a head question was let through to an owner that was superseded");
  post(place(who::room, n), "head question", [n, life = here.shard->awake, q](world& w) {
    auto& lives = w.nodes_[n].room.change().lives;
    auto found = lives.find(life);
    if (found == lives.end()) return;  // the feed asks again
    found->second.has_local_feed = true;
    w.post_slow(place(who::feed), "head word", [q, head = found->second.core->head()](world& then) {
      then.tell_feed([&](feed& f) { return f.head_answered(q, head, std::nullopt, then.now_); });
    });
  });
}

void world::beacon_due(std::size_t n) {
  auto& shard = nodes_[n].shard.change();
  if (!shard.owned_under) return;
  const auto due = shard.book.due();
  if (!due) return;
  post_redis(n, "beacon", [b = *due](world& w) {
    for (const auto& hint : w.feed_.change().watch.heard(b)) {
      w.tell_feed([&](feed& f) { return f.head_seen(hint.head, std::nullopt, w.now_); });
    }
  });
}

// ---- the room --------------------------------------------------------------------------------------------------

void world::room_publish(std::size_t n, std::uint64_t life, const sent_write& w) {
  auto& lives = nodes_[n].room.change().lives;
  auto found = lives.find(life);
  if (found == lives.end()) return;  // it retired; its askers wait for their own deadline
  auto& room = found->second;
  room.publishers[w.from.session.value] = w.publisher;
  const auto decision = room.core.publish(w.from, w.what, now_);
  if (const auto* at_once = std::get_if<room_log::answer>(&decision)) room_answer(n, room, *at_once);
  if (const auto* queued = std::get_if<room_log::queue>(&decision)) {
    post(place(who::writer, n), "enqueue", [n, q = *queued, d = w.what](world& then) {
      const auto general = testing::room_named("general")->key;
      then.perform(n, then.writer(n).enqueue(general, q.ticket, d, q.heard, then.now_, then.wall()));
    });
  }
}

void world::room_results(std::size_t n, std::uint64_t life, const shard_writer::room_results& results) {
  auto& lives = nodes_[n].room.change().lives;
  auto found = lives.find(life);
  if (found == lives.end()) return;
  auto& room = found->second;
  const auto before = room.core->head().head;
  event_list events;
  for (const auto& o : results.outcomes) {
    for (const auto& a : room.core.ended(o, now_)) room_answer(n, room, a);
    if (const auto* known = std::get_if<outcome::committed>(&o.how)) events.push_back(known->event);
  }
  room.core.heard_failures(results.failures);
  if (events.empty()) return;
  const room_envelope envelope{room.core->room()->key, before, std::move(events)};
  const auto arrive = [envelope](world& w) { w.tell_feed([&](feed& f) { return f.arrived(envelope, w.now_); }); };
  if (room.has_local_feed) post_slow(place(who::feed), "copy for the local feed", arrive);
  post_redis(n, "copy", arrive);
}

void world::room_answer(std::size_t, room_life& room, const room_log::answer& a) {
  const auto found = room.publishers.find(a.to.session.value);
  if (found != room.publishers.end()) tell(found->second, a.to.session, a.to.number, a.what);
}

}  // namespace parley::exhaustive
