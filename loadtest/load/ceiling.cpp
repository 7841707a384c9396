#include "loadtest/load/ceiling.hpp"

#include "loadtest/load/ceiling_sink.hpp"
#include "loadtest/load/clock.hpp"
#include "loadtest/load/exit_code.hpp"
#include "loadtest/load/readers.hpp"

#include <ctime>

namespace parley::load {
namespace {

constexpr std::size_t connections = 32;

double thread_cpu_s() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

/// One room, its readers, and nothing else of the scenario but what a delivery is made of.
parameters small(const parameters& values) {
  parameters p;
  p.encoding = values.encoding;
  p.text_bytes = values.text_bytes;
  p.prefix = "ceiling";
  p.readers = connections;
  return p;
}

void run_for(stage& shared, double seconds, const std::function<bool()>& is_done) {
  const auto end = now_ns() + ns_of(seconds);
  while (!is_done() && now_ns() < end) {
    if (shared.io.stopped()) shared.io.restart();
    shared.io.run_one_for(std::chrono::milliseconds(20));
  }
}

}  // namespace

ceiling measure_ceiling(const parameters& values, double seconds) {
  stage shared(small(values), 1, timed::publish_to_delivery);
  ceiling_sink sink(shared.room_name(0), static_cast<std::size_t>(values.text_bytes), connections);
  shared.ways = ways({{sink.address(), "sink", {}}}, {});
  door entrance(shared.io, connections);
  readers all(shared, entrance);
  all.open();
  run_for(shared, 10, [&] { return all.are_all_live() || shared.found.count() > 0; });
  if (!all.are_all_live()) throw refusal(exit_code::internal, "the ceiling could not be measured: " + all.first_loss());
  sink.begin();
  shared.measured.begin(now_ns());
  const auto before = thread_cpu_s();
  run_for(shared, seconds, [] { return false; });
  const auto used = thread_cpu_s() - before;
  entrance.shut();
  if (shared.found.count() > 0)
    throw refusal(exit_code::internal,
                  "the check of the ceiling's own stream found: " + shared.found.first().front().saw);
  if (used <= 0) return {};
  return {static_cast<double>(shared.measured.total().deliveries) / used,
          "deliveries/s of one core, over " + std::to_string(connections) +
              " connections from a loopback sink, before the run"};
}

}  // namespace parley::load
