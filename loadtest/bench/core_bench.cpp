#include "actors/core/join_merge.hpp"
#include "actors/core/live_table.hpp"
#include "actors/core/room_log.hpp"
#include "actors/core/shard_writer.hpp"
#include "actors/core/window.hpp"
#include "loadtest/bench/given.hpp"

#include <benchmark/benchmark.h>

/// What the rules cost without a store, a socket or a clock.
namespace parley::bench {
namespace {

const instant noon{std::chrono::hours{12}};
const unix_time today{milliseconds{1'764'000'000'000}};

/// From `enqueue` to the heads moved: `range(0)` drafts, spread over `range(1)` rooms of as many shards, in one batch.
void shard_writer_batch(benchmark::State& state) {
  const auto drafts = static_cast<std::uint64_t>(state.range(0)), rooms = static_cast<std::uint64_t>(state.range(1));
  shard_writer writer("bench", {});
  std::vector<room_ref> known;
  for (std::uint64_t n = 0; n < rooms; ++n) {
    known.push_back(room(n));
    writer.open_shard(known.back()->shard, term{1}, attempt{0});
    writer.open_room(known.back(), {}, today);
  }
  std::vector<std::shared_ptr<const draft>> made;
  for (std::uint64_t n = 0; n <= drafts; ++n) made.push_back(draft_of(n));
  std::uint64_t tickets = 0;
  const auto commit_all = [&](shard_writer::effects effects) {
    while (true) {
      const shard_writer::append* sent = nullptr;
      for (const auto& e : effects)
        if (const auto* found = std::get_if<shard_writer::append>(&e)) sent = found;
      if (sent == nullptr) return;
      append_outcome good{std::vector<shard_verdict>(sent->batch.shards.size(), shard_verdict::committed), {}};
      effects = writer.appended(std::move(good), noon, today);
    }
  };
  for (auto _ : state) {
    // The first leaves alone; all others collect behind it and are the batch.
    auto first = writer.enqueue(known[0]->key, ticket{++tickets}, made[drafts], 0, noon, today);
    for (std::uint64_t n = 0; n < drafts; ++n)
      benchmark::DoNotOptimize(writer.enqueue(known[n % rooms]->key, ticket{++tickets}, made[n], 0, noon, today));
    commit_all(std::move(first));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(drafts + 1) * state.iterations());
}
BENCHMARK(shard_writer_batch)->Args({1, 1})->Args({100, 1})->Args({100, 100});

void room_log_publish(benchmark::State& state) {
  room_log log(room(1), {});
  std::uint64_t number = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto d = draft_of(++number);
    const auto e = event_of(number);
    state.ResumeTiming();
    const auto decided = log.publish({session_id{1}, 0, number}, d, noon);
    const auto* queued = std::get_if<room_log::queue>(&decided);
    if (queued == nullptr) return state.SkipWithError("not queued");
    benchmark::DoNotOptimize(log.ended({queued->ticket, outcome::committed{e, {}}}, noon));
  }
}
BENCHMARK(room_log_publish);

/// A rewind of 50 out of a feed's window of 256: no storage at all.
void join_merge_of_a_window(benchmark::State& state) {
  const auto list = std::make_shared<const event_list>(events(256));
  const position last = list->back()->at_position();
  const feed_view view{{last, {}}, {}, list, last};
  request::join_options options;
  options.rewind = 50;
  for (auto _ : state) {
    join_merge merge("room-1", options);
    benchmark::DoNotOptimize(merge.start());
    benchmark::DoNotOptimize(merge.attached(view));
    benchmark::DoNotOptimize(merge.drained());
    benchmark::DoNotOptimize(merge.row_live(last));
    if (merge.state() != join_merge::state::live) return state.SkipWithError("not live");
  }
}
BENCHMARK(join_merge_of_a_window);

struct small_frame {
  position from, to;
  position before() const { return from; }
  position last() const { return to; }
  std::size_t size_bytes() const { return 500; }
  bool holds(position at) const { return at == to; }
};
struct counting_sink {
  std::uint64_t written = 0;
  using frame = std::shared_ptr<small_frame>;
  bool write(std::uint32_t, const frame&) { return ++written > 0; }
  bool write_after(std::uint32_t, const frame&, position) { return ++written > 0; }
  void live(std::uint32_t, const room_key&, generation, position) {}
  void behind(std::uint32_t, const room_key&, generation, position, bool) {}
};

void live_table_delivery(benchmark::State& state) {
  const auto rows = static_cast<std::uint32_t>(state.range(0));
  live_table<std::uint32_t, counting_sink::frame> table;
  counting_sink sink;
  const auto key = room(1)->key;
  table.open(key, {term{1}, seq{0}});
  for (std::uint32_t n = 0; n < rows; ++n) table.go_live(n, key, generation{1}, {term{1}, seq{0}}, sink);
  std::uint64_t number = 0;
  for (auto _ : state) {
    const position before{term{1}, seq{number}}, last{term{1}, seq{++number}};
    table.deliver(key, std::make_shared<small_frame>(small_frame{before, last}), sink);
  }
  if (sink.written != number * rows) state.SkipWithError("a row got nothing");
  state.SetItemsProcessed(static_cast<std::int64_t>(rows) * state.iterations());
}
BENCHMARK(live_table_delivery)->Arg(1)->Arg(1000);

void window_append(benchmark::State& state) {
  const auto list = events(1024);
  window recent;
  std::size_t n = 0;
  for (auto _ : state) {
    if (n == list.size()) {
      recent.restart({});
      n = 0;
    }
    recent.append(list[n++]);
  }
}
BENCHMARK(window_append);

void window_after(benchmark::State& state) {
  window recent;
  for (const auto& e : events(256)) recent.append(e);
  for (auto _ : state) benchmark::DoNotOptimize(recent.after(seq{206}, 100));
}
BENCHMARK(window_after);

}  // namespace
}  // namespace parley::bench
