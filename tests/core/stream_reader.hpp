#pragma once

#include "actors/core/replies.hpp"
#include "tests/core/model_log.hpp"

#include <map>
#include <optional>
#include <sstream>
#include <string>

namespace parley::testing {

/// A client that believes nothing: it holds each stream against G3, G4 and the protocol's rules on gaps and phases, and
/// keeps what it was shown, to be compared with the log in the end.
class stream_reader {
public:
  explicit stream_reader(const model_log& log) : log_(log) {}

  /// The join was sent: what is committed now was acknowledged before it.
  void joining(generation gen, std::optional<position> since) {
    wishes_[gen.value] = {since, log_.head().head.seq, log_.lost_tails()};
  }

  void joined(generation gen, const reply::joined& what) {
    auto wish_of = wishes_.extract(gen.value);
    if (wish_of.empty()) return fail("a reply without a join");
    wish_ = wish_of.mapped();
    is_joined_ = true;
    is_fresh_ = true;
    was_live_ = is_live_ = false;
    last_ = what.start;
    shown_.clear();
    if (what.recovered.has_value() != wish_.since.has_value()) fail("recovered without since, or missing");
    if (what.head.seq < wish_.head && !lost_since_join()) fail("the reply's head misses acknowledged events");
    if (what.recovered == true && wish_.since->seq.value != 0 && !log_.ever(*wish_.since))
      fail("recovered a position that never was");
    needs_gap_ = what.recovered == false;
    start_ = what.start;
  }
  void refused(generation gen) {
    left(gen);
    ++refusals;
  }
  void left(generation gen) {
    wishes_.erase(gen.value);
    is_joined_ = false;
  }

  void got(const push::batch& b) {
    if (!is_joined_) return fail("a batch outside a join");
    if (needs_gap_) fail("an unrecovered join without its gap");
    is_fresh_ = false;
    if (b.events.empty()) fail("an empty batch");
    if (b.before != last_.seq) fail("prev is not the last seq");
    if ((b.phase == push::phase::live) != is_live_) fail("the phase is wrong");
    for (const auto& e : b.events) {
      if (e->seq != next(last_.seq)) fail("a hole or a repeat at " + text(e->at_position()));
      if (e->term < last_.term && last_.seq.value != 0) fail("the term fell at " + text(e->at_position()));
      const auto stored = log_.ever(e->at_position());
      if (!stored || *stored != *e) fail("a phantom at " + text(e->at_position()));
      last_ = e->at_position();
      shown_[last_.seq] = last_.term;
    }
  }
  void got(const push::gap& g) {
    if (!is_joined_) return fail("a gap outside a join");
    if (is_fresh_ && g.to != start_)
      fail("the first gap ends at " + text(g.to) + ", not at start " + text(start_) + ", reason " +
           std::to_string(static_cast<int>(g.reason)));
    switch (g.reason) {
      case push::gap_reason::reset:
        if (g.from.value != 1) fail("a reset begins at 1");
        if (log_.lost_tails() == 0 && !(is_fresh_ && needs_gap_)) fail("a reset although no tail was lost");
        shown_.clear();
        ++resets;
        break;
      case push::gap_reason::retention:
        if (g.to.seq > log_.floor().seq) fail("a retention gap above the floor");
        check_from(g);
        shown_.clear();  // below the floor nothing can be proven any more, be it lost or not
        ++retention_gaps;
        break;
      case push::gap_reason::jump:
        if (!is_fresh_) fail("a jump in mid-stream");
        check_from(g);
        ++jumps;
        break;
    }
    is_fresh_ = needs_gap_ = false;
    last_ = g.to;
  }
  void got(const push::catching_up& c) {
    if (!is_joined_) return fail("catching_up outside a join");
    if (!is_live_) fail("catching_up while not live");
    if (c.at != last_) fail("catching_up is elsewhere: " + text(c.at));
    is_live_ = false;
    ++fallbacks;
  }
  void got(const push::live& l) {
    if (!is_joined_) return fail("live outside a join");
    if (needs_gap_) fail("an unrecovered join without its gap");
    if (is_live_) fail("live twice");
    if (l.at != last_) fail("live is elsewhere: " + text(l.at));
    if (!was_live_ && l.at.seq < wish_.head && !lost_since_join())
      fail("live before what was acknowledged before the join");
    is_live_ = was_live_ = true;
    is_fresh_ = false;
  }

  bool is_joined() const { return is_joined_; }
  bool is_live() const { return is_live_; }
  position last() const { return last_; }
  const std::string& violation() const { return violation_; }
  void fail(const std::string& what) {
    if (violation_.empty()) violation_ = what + " after " + text(last_);
  }
  /// Healed and quiet: at the head, live, and everything that it was shown is what the log says.
  void check_end() {
    if (!wishes_.empty()) fail("a join without an answer");
    if (!is_joined_) return;
    if (!is_live_) fail("not live in the end");
    if (last_ != log_.head().head) fail("not at the head " + text(log_.head().head));
    for (const auto& [s, t] : shown_) {
      if (!log_.holds({t, s})) return fail("it still shows a lost event " + text({t, s}));
    }
  }

  std::size_t resets = 0, retention_gaps = 0, jumps = 0, fallbacks = 0, refusals = 0;

private:
  struct wish {
    std::optional<position> since;
    seq head;
    std::uint64_t lost_tails = 0;
  };

  bool lost_since_join() const { return log_.lost_tails() != wish_.lost_tails; }
  void check_from(const push::gap& g) {
    const auto held = is_fresh_ ? (wish_.since ? wish_.since->seq : g.from) : last_.seq;
    if (g.from != next(held)) fail("a gap that does not follow what the reader holds");
    if (g.to.seq < g.from) fail("a gap that ends before it begins");
  }
  static std::string text(position p) {
    std::ostringstream out;
    out << p;
    return out.str();
  }

  const model_log& log_;
  std::map<std::uint32_t, wish> wishes_;
  wish wish_;
  bool is_joined_ = false, is_fresh_ = false, is_live_ = false, was_live_ = false, needs_gap_ = false;
  position last_, start_;
  std::map<seq, term> shown_;
  std::string violation_;
};

}  // namespace parley::testing
