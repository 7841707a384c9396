#include "tests/net/peer_stage.hpp"

#include <sys/resource.h>

#include <chrono>
#include <cstdio>

/// Not a test: `peer_tests "[measure]"` prints the figures of docs/decisions/0006-links-between-nodes.md.
using namespace parley;
using namespace parley::net;
using namespace parley::testing;

namespace {

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

void measure(bool is_secure, std::size_t items_per_frame, std::uint64_t count) {
  const paper_folder papers;
  auto first = options_of("n1"), second = options_of("n2");
  if (is_secure) papers.give(first, "n1"), papers.give(second, "n2");
  first.bounds.items_max = items_per_frame;
  running_mesh one(first), two(second);
  dialled link(one, two.place());
  REQUIRE(link.is_open());
  const auto far = two.door.last().sink;
  const peer::item item = given::publish(1, std::string(200, 'x'));
  const auto began = std::chrono::steady_clock::now();
  const double cpu_before = cpu_seconds();
  for (std::uint64_t n = 0; n < count; ++n) REQUIRE(eventually([&] { return link.link->send(item); }));
  REQUIRE(eventually([&] { return two.probe.items_in == count; }, std::chrono::seconds{120}));
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const double cpu = cpu_seconds() - cpu_before;
  std::printf("%-5s  up to %4zu items a frame: %8.0f items/s, %6.2f us CPU an item (both ends), %6.1f items a frame\n",
              is_secure ? "TLS" : "plain", items_per_frame, static_cast<double>(count) / wall,
              cpu * 1e6 / static_cast<double>(count),
              static_cast<double>(count) / static_cast<double>(one.probe.frames_out));
}

}  // namespace

TEST_CASE("what a link costs", "[.measure]") {
  for (int round = 0; round < 3; ++round)
    for (const bool is_secure : {false, true}) {
      measure(is_secure, 1, 20'000);
      measure(is_secure, 4'096, 100'000);
    }
}
