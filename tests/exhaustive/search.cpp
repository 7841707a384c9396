#include "tests/exhaustive/search.hpp"

#include "tests/exhaustive/world.hpp"

#include <unordered_map>

namespace parley::exhaustive {
namespace {

class search {
public:
  explicit search(const limits& l) : limits_(l), until_(std::chrono::steady_clock::now() + l.time) {}

  report run(const plan& p) {
    const world first{p};
    met_.emplace(first.hash(), limits_.depth);
    report_.states = 1;
    if (first.violation().empty()) {
      visit(first, limits_.depth);
    } else {
      report_.violation = first.violation();
    }
    return std::move(report_);
  }

private:
  bool is_over() {
    if (!report_.violation.empty()) return true;
    if (report_.states >= limits_.states) report_.is_whole = false;
    if (report_.steps % 1024 == 0 && std::chrono::steady_clock::now() > until_) report_.is_whole = false;
    return !report_.is_whole;
  }

  void visit(const world& at, unsigned left) {
    report_.deepest = std::max(report_.deepest, limits_.depth - left);
    const auto steps = at.enabled();
    if (steps.empty() || left == 0) {
      if (!steps.empty()) report_.is_closed = false;
      end(at);
      return;
    }
    for (const auto& s : steps) {
      if (is_over()) return;
      ++report_.steps;
      auto then = at;
      then.perform(s);
      if (auto wrong = then.violation(); !wrong.empty()) {
        report_.violation = std::move(wrong);
        report_.trace.push_back(at.name_of(s));
        return;
      }
      const auto [known, is_new] = met_.try_emplace(then.hash(), left - 1);
      if (is_new) ++report_.states;
      if (!is_new && known->second >= left - 1) continue;
      known->second = left - 1;
      visit(then, left - 1);
      if (!report_.violation.empty()) {
        report_.trace.push_back(at.name_of(s));
        return;
      }
    }
  }

  void end(const world& at) {
    ++report_.ends;
    auto last = at;
    last.finish();
    report_.violation = last.violation();
    if (!report_.violation.empty()) report_.trace.push_back("then everything arrives: " + last.summary());
  }

  limits limits_;
  std::chrono::steady_clock::time_point until_;
  report report_;
  std::unordered_map<std::uint64_t, unsigned> met_;  ///< by hash: the most steps to go with which it was gone through
};

}  // namespace

report explore(const plan& p, const limits& l) {
  auto done = search{l}.run(p);
  std::reverse(done.trace.begin(), done.trace.end());
  return done;
}

report shortest(const plan& p, limits l) {
  const auto most = l.depth;
  for (l.depth = 1; l.depth < most; ++l.depth) {
    if (auto done = explore(p, l); !done.violation.empty() || !done.is_whole) return done;
  }
  return explore(p, l);
}

}  // namespace parley::exhaustive
