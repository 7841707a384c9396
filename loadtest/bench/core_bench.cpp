#include "actors/core/window.hpp"
#include "loadtest/bench/core_paths.hpp"
#include "loadtest/bench/given.hpp"

#include <benchmark/benchmark.h>

/// What the rules cost without a store, a socket or a clock.
namespace parley::bench {
namespace {

/// @param operations of one round
template <class Rounds>
void run_all(benchmark::State& state, Rounds rounds, std::uint64_t operations) {
  for (auto _ : state) {
    if (!rounds.run()) return state.SkipWithError("a round did not do its work");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(operations) * state.iterations());
}

/// `range(0)` drafts, spread over `range(1)` rooms of as many shards, in one batch behind another one.
void shard_writer_batch(benchmark::State& state) {
  const auto drafts = static_cast<std::uint64_t>(state.range(0));
  run_all(state, writer_rounds(drafts, static_cast<std::uint64_t>(state.range(1))), drafts + 1);
}
BENCHMARK(shard_writer_batch)->Args({1, 1})->Args({100, 1})->Args({100, 100});

void room_log_publish(benchmark::State& state) { run_all(state, room_log_rounds(), 1); }
BENCHMARK(room_log_publish);

/// A rewind of 50 out of a feed's window of 256: no storage at all.
void join_merge_of_a_window(benchmark::State& state) { run_all(state, join_rounds(256, 50), 1); }
BENCHMARK(join_merge_of_a_window);

void live_table_delivery(benchmark::State& state) {
  const auto rows = static_cast<std::uint32_t>(state.range(0));
  run_all(state, live_rounds(rows), rows);
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
