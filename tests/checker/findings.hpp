#pragma once

#include "tests/checker/indexed.hpp"
#include "tests/checker/verdict.hpp"

#include <initializer_list>
#include <string>

namespace parley::checker {

/// Collects what the rules find: all are counted, the first of each rule are kept.
class findings {
public:
  findings(verdict& into, std::size_t per_rule) : into_(into), per_rule_(per_rule) {}

  /// Evidence in the order in which a person should read it; what is `nowhere` is left out.
  void add(rule broken, room_id room, std::string what, std::initializer_list<evidence> shown_by) {
    if (++into_.found[at(broken)] > per_rule_) return;
    auto& kept = into_.findings.emplace_back(finding{broken, room, std::move(what), {}});
    for (const auto& one : shown_by)
      if (one.record != nowhere) kept.shown_by.push_back(one);
  }

  /// What a database lost had been acknowledged: told as a finding, since it is a loss, but apart from bugs.
  void add_lost(rule broken, room_id room, std::string what, std::initializer_list<evidence> shown_by) {
    const auto kept = into_.findings.size();
    add(broken, room, std::move(what), shown_by);
    if (into_.findings.size() > kept) into_.findings.back().is_of_lost_tail = true;
  }

private:
  verdict& into_;
  std::size_t per_rule_;
};

class contents;

/// "3" and "nothing" for people.
inline std::string text(std::uint64_t number) { return number == no_number ? "nothing" : std::to_string(number); }
inline std::string text(position at) { return text(at.term) + ":" + text(at.seq); }

// The rules, by what they look at.
void check_log(const indexed& all, findings& out);                         ///< R2, R10, R14: what is stored, in itself
void check_publishes(const indexed& all, contents& known, findings& out);  ///< R1, R2, R4, R5, R6, R8, R9, R12
void check_streams(const indexed& all, contents& known, findings& out);    ///< R3, R4, R7, R11, R12, R14, R15
void check_run(const indexed& all, findings& out);                         ///< R10, R11, R12, R13

}  // namespace parley::checker
