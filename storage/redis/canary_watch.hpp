#pragma once

#include <cstdint>
#include <optional>

namespace parley {

/// Decides when a link is half-open: canaries go out, none comes back (C10c). Sans-I/O; one per pair of links.
class canary_watch {
public:
  static constexpr std::uint64_t missed_max = 3;
  /// While other messages arrive the link is alive but behind: then the canary waits in a queue, and only a long
  /// absence means that what we publish goes somewhere else (F7).
  static constexpr std::uint64_t missed_while_heard_max = 20;

  /// One period has passed. @param heard whether anything arrived in it @returns the number to send; none: half-open
  std::optional<std::uint64_t> tick(bool heard) {
    if (missed() >= (heard ? missed_while_heard_max : missed_max)) return std::nullopt;
    return ++sent_;
  }
  /// Out of a canary that came back. What was never sent counts for nothing.
  void returned(std::uint64_t number) {
    if (number > returned_ && number <= sent_) returned_ = number;
  }
  std::uint64_t missed() const { return sent_ - returned_; }

private:
  std::uint64_t sent_ = 0;
  std::uint64_t returned_ = 0;
};

}  // namespace parley
