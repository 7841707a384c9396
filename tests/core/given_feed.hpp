#pragma once

#include "actors/core/feed.hpp"
#include "tests/core/given.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {

inline const thread_index first_thread{0}, second_thread{1};
inline const auto key = room_named("general") -> key;

inline history_page newest_of(event_list events, position head, position floor = {}, shard_mark mark = mark_of(1, 5)) {
  return {std::move(events), head_at(head, floor), mark, false, false};
}
inline range_page range_of(event_list events, std::optional<std::uint64_t> anchor, position head, position floor = {}) {
  return {std::move(events), anchor ? std::optional{term{*anchor}} : std::nullopt, head_at(head, floor), mark_of(1, 6)};
}
inline room_envelope envelope_of(position before, event_list events) { return {key, before, std::move(events)}; }

/// A feed that is confirmed, and one whose first page (events `from` to `to` of term 1) was read.
struct given_feed {
  explicit given_feed(feed_options options = {}) : core(key, noon, options) {}

  feed::effects attach(std::uint64_t t, thread_index thread = first_thread) {
    return core.attach(feed_ticket{t}, thread, now);
  }
  feed::effects subscribed() { return core.subscribed(now); }
  feed::effects arrived(position before, event_list events) { return core.arrived(envelope_of(before, events), now); }
  feed::effects head(question q, position p, std::optional<shard_mark> mark = mark_of(1, 6), position floor = {}) {
    return core.head_answered(q, head_at(p, floor), mark, now);
  }
  feed::effects tick(milliseconds later = 0ms) { return core.tick(now += later); }
  feed::effects load(std::uint64_t from, std::uint64_t to, position floor = {}) {
    (void)subscribed();
    const auto asked = attach(1);
    const auto* q = find_effect<feed::ask_newest>(asked);
    REQUIRE(q != nullptr);
    return core.newest_answered(q->q, newest_of(events_of(1, from, to), at(1, to), floor), now);
  }

  feed core;
  instant now = noon;
};

inline question asked_head(const feed::effects& effects) {
  const auto* q = find_effect<feed::ask_head>(effects);
  REQUIRE(q != nullptr);
  return q->q;
}
inline question asked_range(const feed::effects& effects) {
  const auto* q = find_effect<feed::ask_range>(effects);
  REQUIRE(q != nullptr);
  return q->q;
}
inline question asked_newest(const feed::effects& effects) {
  const auto* q = find_effect<feed::ask_newest>(effects);
  REQUIRE(q != nullptr);
  return q->q;
}
inline std::vector<std::uint64_t> delivered(const feed::effects& effects) {
  std::vector<std::uint64_t> all;
  for (const auto& e : effects) {
    if (const auto* d = std::get_if<feed::deliver>(&e)) {
      CHECK(d->before.seq == previous(d->events.front()->seq));
      for (const auto s : seqs_of(d->events)) all.push_back(s);
    }
  }
  return all;
}
using seqs = std::vector<std::uint64_t>;

}  // namespace parley::testing
