#include "loadtest/load/stream_check.hpp"

#include <string>

namespace parley::load {
namespace {

std::string told(position p) { return std::to_string(p.term) + ':' + std::to_string(p.seq); }
std::string told(std::uint64_t number) { return std::to_string(number); }

}  // namespace

void stream_check::asked(bool is_resume, std::uint64_t acked) {
  is_resume_ = is_resume;
  acked_ = acked;
}

broken stream_check::joined(position start, position head, std::optional<bool> recovered) {
  const auto before = last_;
  last_ = start;
  head_ = head;
  state_ = state::history;
  has_begun_ = true;
  has_been_live_ = expects_gap_ = false;
  if (head.seq < acked_)
    return {"R7", "a join answered with the head " + told(head) + ", but seq " + told(acked_) +
                      " had been acknowledged before it was asked for"};
  if (start.seq > head.seq) return {"R3", "a stream that starts at " + told(start) + ", past its head " + told(head)};
  if (!is_resume_) return {};
  // Anything but a stream that goes on where this reader stood needs a gap, which comes first.
  expects_gap_ = !recovered.value_or(false) || !(start == before);
  return {};
}

broken stream_check::must_follow(const char* what) {
  if (state_ == state::none) return {"R3", std::string(what) + " in a room that was not joined"};
  if (!expects_gap_) return {};
  expects_gap_ = false;
  return {"R3", std::string(what) + " after a resume that starts at " + told(last_) +
                    ", which is not where it stood, without a gap"};
}

broken stream_check::batch(std::uint64_t prev, bool is_history) {
  if (auto wrong = must_follow("a batch")) return wrong;
  if (prev != last_.seq) return {"R3", "a batch with prev " + told(prev) + " behind seq " + told(last_.seq)};
  if (is_history == is_live())
    return {"R3", std::string(is_history ? "history" : "a live batch") + (is_live() ? " after" : " before") +
                      " `live`, behind seq " + told(last_.seq)};
  return {};
}

broken stream_check::event(std::uint64_t seq, std::uint64_t term) {
  const auto before = last_;
  last_ = {term, seq};
  if (seq != before.seq + 1) return {"R3", "seq " + told(seq) + " behind seq " + told(before.seq)};
  if (term < before.term && before.seq > 0)
    return {"R10", "seq " + told(seq) + " of term " + told(term) + " behind term " + told(before.term)};
  return {};
}

broken stream_check::live(position at) {
  if (auto wrong = must_follow("`live`")) return wrong;
  const bool was_live = is_live();
  state_ = state::live;
  has_been_live_ = true;
  if (was_live) return {"R3", "`live` twice, at " + told(at)};
  if (!(at == last_)) return {"R3", "`live` at " + told(at) + " with " + told(last_) + " reached"};
  if (at.seq < head_.seq) return {"R3", "`live` at " + told(at) + ", below the head " + told(head_) + " of its join"};
  return {};
}

broken stream_check::catching_up(position at) {
  if (auto wrong = must_follow("`catching_up`")) return wrong;
  const bool was_live = is_live();
  state_ = state::history;
  if (!was_live) return {"R3", std::string("`catching_up` ") + (has_been_live_ ? "twice" : "before the first `live`")};
  if (!(at == last_)) return {"R3", "`catching_up` at " + told(at) + " with " + told(last_) + " reached"};
  return {};
}

broken stream_check::gap(std::uint64_t from, position to, gap_reason reason) {
  if (state_ == state::none) return {"R3", "a gap in a room that was not joined"};
  const bool begins_stream = expects_gap_;
  const auto before = last_;
  expects_gap_ = false;
  last_ = to;
  if (reason == gap_reason::jump) return {"R3", "a `jump` gap that nobody asked for, to " + told(to)};
  if (begins_stream && !(to == before))
    return {"R3", "a gap that ends at " + told(to) + ", where its stream starts at " + told(before)};
  if (reason == gap_reason::reset) {
    if (expects_resets_) return {};
    return {"R15", "a `reset` gap to " + told(to) + ", though no failover lost a tail"};
  }
  if (!begins_stream && (from != before.seq + 1 || to.seq < from))
    return {"R3", "a gap from " + told(from) + " to " + told(to) + " behind seq " + told(before.seq)};
  return {};
}

broken stream_check::reached(std::uint64_t seq) const {
  if (!is_live()) return {"R11", "not live at the end, with seq " + told(last_.seq) + " reached of " + told(seq)};
  if (last_.seq < seq)
    return {"R11", "live at seq " + told(last_.seq) + ", though seq " + told(seq) + " was acknowledged"};
  return {};
}

}  // namespace parley::load
