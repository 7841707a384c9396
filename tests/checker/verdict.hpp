#pragma once

#include "tests/checker/record.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace parley::checker {

/// A rule by its number: R1 to R15 of docs/testing.md.
using rule = int;
inline constexpr rule rule_last = 15;

/// Points at what shows a finding: a record, or one event of a batch, or one row of a read-back.
struct evidence {
  static constexpr std::uint32_t whole = UINT32_MAX;
  std::uint32_t record = 0;    ///< index into `history::records()`
  std::uint32_t item = whole;  ///< index within the record's events or rows
  friend bool operator==(const evidence&, const evidence&) = default;
};

/// One broken rule, and the least that shows it.
struct finding {
  checker::rule rule = 0;
  room_id room{};  ///< none where it concerns the whole run
  std::string what;
  std::vector<evidence> shown_by;
  bool is_of_lost_tail = false;  ///< an ack that a database lost after its commit, as the run recorded (C19)
};

enum class outcome : std::uint8_t {
  valid,
  invalid,    // see `findings`
  unknown,    // no rule is broken, but too little happened to tell: see `missing`
  malformed,  // the history contradicts itself, the recorder is at fault: see `missing`
};

struct verdict {
  checker::outcome outcome = outcome::unknown;
  /// In the order in which they were found; of each rule the first `options::findings_per_rule` only.
  std::vector<finding> findings;
  std::array<std::size_t, rule_last + 1> found{};  ///< how many by rule, all counted
  std::map<std::string, std::uint64_t> counts;     ///< what happened: see docs/testing.md
  std::vector<std::string> missing;

  std::set<rule> rules_broken() const;
};

}  // namespace parley::checker
