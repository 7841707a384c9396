#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace parley::load {

/// One scenario. What each means stands in `parameter_table`, and is what `--help` and the scenario file say.
struct parameters {
  std::vector<std::string> targets{"ws://127.0.0.1:8080"}, reader_targets, sources;
  std::string encoding = "json", prefix;
  std::int64_t seed = 1, connections_at_once = 64;
  double ramp_up_s = 0, warm_up_s = 2, duration_s = 20, settle_s = 30, interval_s = 1;

  std::int64_t rooms = 1, history = 0;
  std::string distribution = "uniform";
  double zipf_exponent = 1;

  std::int64_t readers = 0, rooms_each = 1, rewind = 0;
  std::int64_t stalled = 0;
  double stall_s = 0;
  double drop_every_s = 0, drop_share = 1;

  std::int64_t writers = 0, window = 1, burst = 1, text_bytes = 160, unanswered_max = 512;
  double publish_rate = 0, overload = 0, peak_s = 5;
  std::string window_of = "acks", replay;
  double replay_speed = 60;

  std::int64_t joiners = 0;
  std::string join_kind = "hot";
  double join_rate = 0, storm_every_s = 5;

  double drift_max_percent = 0;
  bool expect_resets = false;
};

/// What a scenario file, with its types, or a flag, with its text, says for one parameter.
using parameter_value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

/// One parameter: `key` in the file, --key with dashes as a flag.
struct parameter {
  std::string_view key;
  std::string_view group;    ///< for people: what it is about
  std::string_view meaning;  ///< with its unit
  std::variant<bool parameters::*, std::int64_t parameters::*, double parameters::*, std::string parameters::*,
               std::vector<std::string> parameters::*>
      where;
  double min = 0, max = 0;                     ///< of numbers
  std::vector<std::string_view> choices = {};  ///< of words; empty: any

  std::string flag() const;
  /// "a whole number from 1 to 1000000", for messages.
  std::string what_it_takes() const;
  /// @returns what is wrong with it; nothing was assigned then
  std::optional<std::string> assign(parameters& to, const parameter_value& value) const;
  /// Of a flag. @param items more than one only for a list
  std::optional<std::string> assign_text(parameters& to, const std::vector<std::string>& items) const;
  parameter_value value(const parameters& of) const;
};

/// All of them, in the order in which they are printed.
const std::vector<parameter>& parameter_table();
const parameter* find_parameter(std::string_view key);

/// One thing that is wrong with a scenario, and where: "evening.toml:3", "--rooms".
struct mistake {
  std::string where, what;
};
/// For people, one a line.
std::string report(const std::vector<mistake>& mistakes);

/// What no parameter shows by itself: parameters that contradict each other, or a load that does nothing.
std::vector<mistake> contradictions(const parameters& p);

}  // namespace parley::load
