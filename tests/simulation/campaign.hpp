#pragma once

#include "tests/simulation/world.hpp"

#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace parley::simulation {

/// One world to run: a seed, and what was made smaller.
struct world_of {
  std::uint64_t seed = 0;
  reduction smaller;
  std::string why;  ///< what it once found
};

/// A corpus' line: a seed, perhaps a reduction, and after # what it once found. @returns nothing: it is no such line
std::optional<world_of> read_world(const std::string& line);

struct campaign_options {
  unsigned jobs = 1;          ///< threads; each runs worlds of its own
  bool is_shrinking = true;   ///< the first failure is made smaller
  std::string history;        ///< a file that each world's history is written to
  std::uint64_t enough = 10;  ///< failures
};

/// Many worlds, one after the other on each core: what failed is told at once, what was met is counted over all.
class campaign {
public:
  explicit campaign(campaign_options options) : options_(std::move(options)) {}

  /// Until there is no next one, or enough failed. `next` is asked by one thread at a time.
  void run(const std::function<std::optional<world_of>()>& next);
  /// The table of what was met (if wanted), and the last line.
  void report(bool has_table) const;
  std::uint64_t failed() const { return failed_; }
  /// Over 2,000 worlds every fault and every interesting state has to be met: otherwise the test has gone blind.
  bool is_blind() const;

private:
  struct lane {
    checker::history history;
    sometimes met;
    std::uint64_t steps = 0;
  };

  void work(const std::function<std::optional<world_of>()>& next);
  /// @returns what is wrong with the world, or nothing
  std::string try_it(lane& mine, std::uint64_t seed, const reduction& smaller, std::uint64_t* trace = nullptr) const;
  std::string try_twice(lane& mine, const world_of& w) const;
  void failed(lane& mine, const world_of& w, const std::string& problem);
  void shrink(lane& mine, const world_of& w) const;

  campaign_options options_;
  std::mutex mutex_;
  sometimes met_;
  std::uint64_t steps_ = 0, done_ = 0, failed_ = 0;
  double took_ = 0;
};

}  // namespace parley::simulation
