#include "tests/checker/judge.hpp"

#include "tests/checker/contents.hpp"
#include "tests/checker/findings.hpp"

namespace parley::checker {

void count_publishes(const indexed& all, std::map<std::string, std::uint64_t>& counts);
void count_streams(const indexed& all, std::map<std::string, std::uint64_t>& counts);
void count_run(const indexed& all, std::map<std::string, std::uint64_t>& counts);

namespace {

void guard(verdict& reached, const std::map<std::string, std::uint64_t>& minima) {
  for (const auto& [what, least] : minima) {
    const auto found = reached.counts.find(what);
    const auto times = found == reached.counts.end() ? 0 : found->second;
    if (times < least)
      reached.missing.push_back(text(times) + " " + what + ", at least " + text(least) + " are needed");
  }
}

std::map<std::string, std::uint64_t> minima_of(const history& what_happened, const options& chosen) {
  auto minima = chosen.minima;
  for (const auto& record : what_happened.records())
    if (const auto* least = std::get_if<minimum>(&record.what)) {
      auto& own = minima[std::string{what_happened.text(least->what)}];
      own = std::max(own, least->least);
    }
  return minima;
}

}  // namespace

verdict judge(const history& what_happened, const options& chosen) {
  verdict reached;
  const indexed all{what_happened};
  if (!all.contradiction.empty()) {
    reached.outcome = outcome::malformed;
    reached.missing.push_back(all.contradiction);
    return reached;
  }
  findings out{reached, chosen.findings_per_rule};
  contents known{all};
  check_log(all, out);
  check_publishes(all, known, out);
  check_streams(all, known, out);
  check_run(all, out);
  count_publishes(all, reached.counts);
  count_streams(all, reached.counts);
  count_run(all, reached.counts);
  guard(reached, minima_of(what_happened, chosen));
  for (std::uint32_t id = 1; id < all.rooms.size(); ++id)
    if (all.rooms[id].is_used && !all.rooms[id].stored)
      reached.missing.push_back("room " + std::string{what_happened.text(room_id{id})} + " was never read back");
  reached.outcome = !reached.findings.empty() ? outcome::invalid
                    : reached.missing.empty() ? outcome::valid
                                              : outcome::unknown;
  return reached;
}

std::set<rule> verdict::rules_broken() const {
  std::set<rule> broken;
  for (rule r = 1; r <= rule_last; ++r)
    if (found[at(r)] > 0) broken.insert(r);
  return broken;
}

}  // namespace parley::checker
