#pragma once

#include "actors/core/time.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace parley::simulation {

using std::chrono::nanoseconds;
using task = std::function<void()>;

/// Virtual time, the order of things and all chance of one run: one 64-bit seed decides everything. Tasks of the same
/// instant run in an order that the seed draws too.
class agenda {
public:
  explicit agenda(std::uint64_t seed);

  /// True time, that no machine of the simulation can read: each has clocks of its own.
  instant now() const { return now_; }
  void after(nanoseconds delay, task what);
  /// Runs what is due next. @returns false: nothing is left
  bool step();
  bool is_empty() const { return due_.empty(); }
  instant next_at() const { return due_.front().at; }

  /// 0 to limit - 1; 0 for a limit of 0.
  std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : draw() % limit; }
  bool chance(unsigned percent) { return below(100) < percent; }
  /// Evenly out of [0, most].
  nanoseconds up_to(nanoseconds most) {
    return nanoseconds{static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most.count()) + 1))};
  }
  nanoseconds between(nanoseconds least, nanoseconds most) { return least + up_to(most - least); }

  /// What happened, for the trace's hash: equal seeds must give equal hashes.
  void note(std::uint64_t what) { trace_ = (trace_ ^ what) * 0x100000001b3ULL; }
  std::uint64_t trace() const { return trace_; }
  std::uint64_t steps() const { return steps_; }
  /// Work done outside the agenda's own tasks: an actor's message is a step too.
  void count_step() { ++steps_; }

private:
  struct entry {
    instant at;
    std::uint64_t tie;
    std::uint64_t order;
    task what;
  };
  static bool is_later(const entry& a, const entry& b);
  std::uint64_t draw();

  std::uint64_t state_;
  instant now_{std::chrono::hours{1}};
  std::vector<entry> due_;  ///< a heap
  std::uint64_t order_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t trace_ = 0xcbf29ce484222325ULL;
};

}  // namespace parley::simulation
