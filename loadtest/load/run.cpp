#include "loadtest/load/run.hpp"

#include "loadtest/load/load_run.hpp"
#include "loadtest/load/machine_limits.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace parley::load {
namespace {

std::string output_of(const scenario& what, const run_options& options) {
  if (!options.output.empty()) return options.output;
  char stamp[32];
  const auto now = ::time(nullptr);
  tm utc{};
  ::gmtime_r(&now, &utc);
  std::strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
  return "parley-load-" + what.name + '-' + stamp + ".json";
}

/// Before hours of load, not after them.
void check_writable(const std::string& output) {
  if (output == "-") return;
  auto folder = std::filesystem::path(output).parent_path();
  if (folder.empty()) folder = ".";
  std::error_code failed;
  if (std::filesystem::is_directory(output, failed) || ::access(folder.c_str(), W_OK | X_OK) != 0)
    throw refusal(exit_code::cannot_write,
                  "the result cannot be written to " + output + ": give --output FILE in a folder that is there");
}

/// The whole file, or the one that was there.
void write_result(const std::string& output, const std::string& text) {
  if (output == "-") {
    std::printf("%s\n", text.c_str());
    std::fflush(stdout);
    return;
  }
  const auto unfinished = output + ".part";
  std::ofstream file(unfinished, std::ios::binary);
  file << text << '\n';
  file.close();
  std::error_code failed;
  if (file) std::filesystem::rename(unfinished, output, failed);
  if (!file || failed) throw refusal(exit_code::cannot_write, "the result could not be written to " + output);
}

bool drifted_too_far(const run_result& r) {
  const auto most = r.values.drift_max_percent;
  return most > 0 && std::ranges::any_of(r.drift, [most](const drift_line& one) {
           return one.is_worse && std::abs(one.percent) > most;
         });
}

exit_code code_of(const run_result& r, const load_run& run, const std::string& failure) {
  if (r.found.count() > 0) return exit_code::violated;
  if (!failure.empty()) return exit_code::unreachable;
  if (run.is_interrupted()) return exit_code::interrupted;
  if (drifted_too_far(r)) return exit_code::violated;
  return exit_code::ok;
}

}  // namespace

exit_code run_scenario(const scenario& what, const run_options& options) {
  const auto output = output_of(what, options);
  check_writable(output);
  prepare_process();
  auto schedule = what.values.replay.empty() ? replay_schedule() : read_logs(what.values.replay);
  load_run run(what, options, std::move(schedule));
  run.prepare();
  if (options.measures_ceiling) {
    const auto most = measure_ceiling(what.values);
    if (!options.is_quiet) std::fprintf(stderr, "ceiling: %.0f %s\n", most.per_s, most.what.c_str());
    run.know(most);
  }
  std::string failure;
  try {
    run.begin();
    if (run.found_nothing()) {
      run.measure();
      run.settle();
    }
  } catch (const load_run::interruption&) {
    run.end_early();
  } catch (const refusal& why) {
    run.end_early();
    failure = why.what();
  }
  auto result = run.result();
  if (failure.empty()) failure = run.lost_target();
  result.is_partial = result.is_partial || !failure.empty();
  write_result(output, result_json(result));
  std::fputs(summary(result).c_str(), output == "-" ? stderr : stdout);
  if (!failure.empty()) std::fprintf(stderr, "parley-load: %s\n", failure.c_str());
  if (drifted_too_far(result)) std::fprintf(stderr, "parley-load: more drift than drift_max_percent allows\n");
  if (output != "-") std::printf("  result: %s\n", output.c_str());
  return code_of(result, run, failure);
}

}  // namespace parley::load
