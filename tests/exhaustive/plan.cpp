#include "tests/exhaustive/plan.hpp"

namespace parley::exhaustive {
namespace {

request::join_options since(std::uint64_t t, std::uint64_t s) {
  request::join_options options;
  options.since = position{term{t}, seq{s}};
  return options;
}

request::join_options rewind(std::uint32_t events) {
  request::join_options options;
  options.rewind = events;
  return options;
}

plan named(const char* name, const char* what, beginning begins = beginning::cold) {
  plan p;
  p.name = name;
  p.what = what;
  p.begins = begins;
  return p;
}

template <class Change>
plan with(plan p, Change change) {
  change(p);
  return p;
}

std::vector<plan> without_faults() {
  return {
      named("join", "two publishers, one join that subscribes first"),
      with(named("join-warm", "the same, where the feed is there and storage tells the head", beginning::warm),
           [](plan& p) { p.is_front_explored = true; }),
      with(named("join-at-owner", "the same, where the owner tells the head", beginning::warm),
           [](plan& p) {
             p.is_reader_at_owner = true;
             p.join = rewind(1);
           }),
      with(named("resume", "a resume from a position older than the feed's window, in pages of one event"),
           [](plan& p) {
             p.stored = 4;
             p.window_events = 2;
             p.page_events = 1;
             p.publishers = 1;
             p.join = since(1, 1);
           }),
      with(named("slow-reader", "an outbox of one live batch, which overflows", beginning::live),
           [](plan& p) { p.is_reader_slow = p.is_front_explored = true; }),
  };
}

std::vector<plan> with_moves() {
  std::vector<plan> list{
      named("takeover", "the owner's lease runs out; its writes may come after B's claim", beginning::warm),
      with(named("takeover-join", "the same, and the join subscribes first"), [](plan& p) { p.publishers = 1; }),
      with(named("takeover-at-owner", "the reader's node is the one that is superseded, and renews too late",
                 beginning::warm),
           [](plan& p) { p.is_reader_at_owner = p.is_lease_renewed = true; }),
      with(named("late-renewal", "the same, with each message between a node's own actors", beginning::warm),
           [](plan& p) {
             p.is_reader_at_owner = p.is_lease_renewed = p.is_local_explored = true;
             p.publishers = 1;
           }),
      with(named("same-key", "two publishers send one message", beginning::live),
           [](plan& p) { p.is_same_key = true; }),
      with(named("kill", "kill -9 of the owner", beginning::warm), [](plan& p) { p.what_fails = fault::kill_owner; }),
      with(named("lost-reply-takeover", "a statement of a writer has an unknown outcome", beginning::live),
           [](plan& p) { p.what_fails = fault::lose_reply; }),
      with(named("drop-takeover", "a Redis message is lost", beginning::warm),
           [](plan& p) { p.what_fails = fault::redis_drop; }),
  };
  for (auto& p : list) p.is_owner_moving = true;
  return list;
}

std::vector<plan> with_faults() {
  const auto failing = [](plan p, fault what) {
    p.what_fails = what;
    return p;
  };
  const auto live = beginning::live;
  return {
      failing(with(named("pipeline", "one publisher sends two writes at once; storage refuses", live),
                   [](plan& p) {
                     p.publishers = 1;
                     p.writes = 2;
                     p.ticks = 1;
                   }),
              fault::refuse_append),
      failing(named("redis-drop", "one Redis message is lost"), fault::redis_drop),
      failing(with(named("redis-drop-live", "the same, while the reader is live, with a poll", live),
                   [](plan& p) { p.ticks = p.polls = 1; }),
              fault::redis_drop),
      failing(with(named("beacon-drop", "the same, with beacons", live),
                   [](plan& p) {
                     p.beacons = 2;
                     p.ticks = p.polls = 1;
                   }),
              fault::redis_drop),
      failing(named("redis-repeat", "one Redis message comes twice", beginning::warm), fault::redis_repeat),
      failing(with(named("redis-reorder", "one Redis message overtakes another", beginning::warm),
                   [](plan& p) { p.ticks = 1; }),
              fault::redis_reorder),
      failing(with(named("redis-cut", "the reader's subscription breaks and comes back", live),
                   [](plan& p) { p.polls = 1; }),
              fault::redis_cut),
      failing(with(named("lost-reply", "one statement of a writer has an unknown outcome", beginning::warm),
                   [](plan& p) { p.ticks = 1; }),
              fault::lose_reply),
      failing(with(named("failed-read", "one read fails"), [](plan& p) { p.ticks = 1; }), fault::fail_read),
      failing(with(named("poll-alone", "the same, and Redis delivers nothing: the poll tells the live reader", live),
                   [](plan& p) {
                     p.publishers = 1;
                     p.is_redis_silent = true;
                     p.ticks = p.polls = 1;
                   }),
              fault::fail_read),
      failing(with(named("cut-reader", "the reader's socket breaks; it resumes where it stands", live),
                   [](plan& p) { p.is_front_explored = true; }),
              fault::cut_reader),
      failing(named("deadlines", "five seconds pass at any moment", beginning::warm), fault::stand_still),
  };
}

}  // namespace

const std::vector<plan>& plans() {
  static const std::vector<plan> list = [] {
    auto all = without_faults();
    for (const auto& more : {with_moves(), with_faults()}) all.insert(all.end(), more.begin(), more.end());
    return all;
  }();
  return list;
}

}  // namespace parley::exhaustive
