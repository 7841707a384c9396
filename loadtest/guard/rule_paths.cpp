#include "actors/core/feed.hpp"
#include "actors/core/write_order.hpp"
#include "loadtest/bench/core_paths.hpp"
#include "loadtest/bench/given.hpp"
#include "loadtest/guard/hot_path.hpp"

#include <string>
#include <utility>
#include <variant>
#include <vector>

/// The rules: a publish's way to its answer, an event's to the live tables, a join.
namespace parley::guard {
namespace {

using bench::noon;

/// A session's publish: its place in the order of answers, and the answer, which may be said at once.
class ordered_answers {
public:
  bool run() {
    const auto place = order_.sent(room_);
    reply::published done{room_, position{term{1}, seq{place.number}}, bench::today};
    return order_.answered(room_, place.number, {7, std::move(done)}).size() == 1;
  }

private:
  write_order order_;
  std::string room_ = "room-1";
};

/// What the fan-out brings, one event at a time, to the feed of a room with readers on two threads.
class arrivals {
public:
  explicit arrivals(std::uint64_t count) : feed_(bench::room(1)->key, noon) {
    const auto all = bench::events(known + count);
    for (std::uint64_t n = known; n < known + count; ++n)
      envelopes_.push_back({bench::room(1)->key, all[n - 1]->at_position(), {all[n]}});
    history_page page;
    page.events.assign(all.begin(), all.begin() + known);
    page.head = {page.events.back()->at_position(), {}};
    for (std::uint32_t n = 0; n < 2; ++n) (void)feed_.attach(feed_ticket{n + 1}, thread_index{n}, noon);
    for (const auto& e : feed_.subscribed(noon)) {
      if (const auto* ask = std::get_if<feed::ask_newest>(&e)) (void)feed_.newest_answered(ask->q, page, noon);
    }
  }

  /// @returns whether the event goes on to the threads
  bool run() {
    const auto effects = feed_.arrived(envelopes_[number_++], noon);
    return effects.size() == 1 && std::holds_alternative<feed::deliver>(effects.front());
  }

private:
  static constexpr std::uint64_t known = 256;

  feed feed_;
  std::vector<room_envelope> envelopes_;
  std::size_t number_ = 0;
};

}  // namespace

std::vector<hot_path> rule_paths() {
  constexpr std::uint64_t warm = 2048, counted = 1024;
  return {
      {"writer.alone", 1, warm, counted, rounds_of([] { return bench::writer_rounds(0, 1); })},
      {"writer.one_room", 101, 64, 32, rounds_of([] { return bench::writer_rounds(100, 1); })},
      {"writer.100_rooms", 101, 64, 32, rounds_of([] { return bench::writer_rounds(100, 100); })},
      {"room_log.publish", 1, 4096, counted, rounds_of([] { return bench::room_log_rounds(); })},
      {"write_order.answer", 1, warm, counted, rounds_of([] { return ordered_answers(); })},
      {"feed.arrival", 1, warm, counted, rounds_of([] { return arrivals(warm + counted); })},
      {"live_table.row", 1000, 256, 128, rounds_of([] { return bench::live_rounds(1000); })},
      {"join.window", 1, 64, 128, rounds_of([] { return bench::join_rounds(256, 50); })},
      {"join.pages", 1, 16, 32, rounds_of([] { return bench::join_rounds(640, 640); })},
  };
}

}  // namespace parley::guard
