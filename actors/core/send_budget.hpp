#pragma once

#include <cstddef>

namespace parley {

struct send_budget_options {
  std::size_t bytes_max = 8 * 1024 * 1024;  ///< once so much waits, what would add to it waits too
  std::size_t ask_at_bytes = 1024 * 1024;   ///< below, nobody asks whether the socket took it
};

/// How much history one session was given that its socket has not taken yet: all of its rooms and pages together, in
/// bytes of the wire, rather too many than too few. What the socket cannot take now stays where it is, so that a reader
/// of many large rooms is slow and not cut off (C12, G9). Sans-I/O; owned by the connection actor.
class send_budget {
public:
  explicit send_budget(send_budget_options options = {}) : options_(options) {}

  bool has_room() const { return waiting_ < options_.bytes_max; }
  /// @returns whether to ask for a word once what was sent so far has been taken; `drained` is that word
  [[nodiscard]] bool sent(std::size_t bytes) {
    waiting_ += bytes;
    if (!is_asked_) return asks();
    since_ += bytes;
    return false;
  }
  /// @returns whether to ask again, for what was sent since
  [[nodiscard]] bool drained() {
    waiting_ = since_;
    is_asked_ = false;
    return asks();
  }

private:
  bool asks() {
    is_asked_ = waiting_ >= options_.ask_at_bytes;
    since_ = 0;
    return is_asked_;
  }

  send_budget_options options_;
  std::size_t waiting_ = 0;
  std::size_t since_ = 0;  ///< sent after the question that is open
  bool is_asked_ = false;
};

}  // namespace parley
