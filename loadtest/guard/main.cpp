#include "loadtest/guard/allocations.hpp"
#include "loadtest/guard/hot_path.hpp"

#include <valgrind/callgrind.h>

#include <cstdio>
#include <string>

/// Runs each hot path and prints, by tabs: its name, operations, allocations, bytes asked for. Under
/// `valgrind --tool=callgrind --collect-atstart=no` each path's rounds make a dump of their own with the path's name.
namespace parley::guard {
namespace {

/// @returns whether the path did its work
bool run(const hot_path& path) {
  const auto round = path.make();
  bool is_fine = true;
  for (std::uint64_t n = 0; n < path.warm; ++n) is_fine &= round();

  count_allocations();
  CALLGRIND_TOGGLE_COLLECT;
  for (std::uint64_t n = 0; n < path.counted; ++n) is_fine &= round();
  CALLGRIND_TOGGLE_COLLECT;
  const auto seen = counted_allocations();

  const std::string name(path.name);
  CALLGRIND_DUMP_STATS_AT(name.c_str());
  std::printf("%s\t%llu\t%llu\t%llu\n", name.c_str(), static_cast<unsigned long long>(path.operations * path.counted),
              static_cast<unsigned long long>(seen.count), static_cast<unsigned long long>(seen.bytes));
  if (!is_fine) std::fprintf(stderr, "parley_guard: %s did not do its work: its figures say nothing\n", name.c_str());
  return is_fine;
}

bool run_all() {
  bool is_fine = true;
  for (const auto& paths : {rule_paths(), codec_paths(), delivery_paths()})
    for (const auto& one : paths) is_fine &= run(one);
  return is_fine;
}

}  // namespace
}  // namespace parley::guard

int main() {
  std::printf("compiler\t%s\n", __VERSION__);
  return parley::guard::run_all() ? 0 : 1;
}
