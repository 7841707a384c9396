#include "loadtest/driver/stream_check.hpp"

namespace parley::load {

void stream_check::joined(std::size_t stream, std::uint64_t start, std::uint64_t head) {
  streams_[stream] = {start, head, true};
}

void stream_check::event(std::size_t stream, bool is_first, std::uint64_t prev, std::uint64_t seq) {
  auto& s = streams_[stream];
  ++events_;
  if (s.is_joined && seq == s.last + 1 && (!is_first || prev == s.last)) [[likely]] {
    s.last = seq;
    return;
  }
  violated("stream " + std::to_string(stream) + " got seq " + std::to_string(seq) + " behind " +
           std::to_string(s.last) + (s.is_joined ? "" : ", not joined"));
}

void stream_check::live(std::size_t stream, std::uint64_t at) {
  const auto& s = streams_[stream];
  if (!s.is_joined || at != s.last || at < s.head)
    violated("stream " + std::to_string(stream) + " went live at " + std::to_string(at) + " with seq " +
             std::to_string(s.last));
}

void stream_check::reached(std::size_t stream, std::uint64_t seq) {
  if (streams_[stream].last < seq)
    violated("stream " + std::to_string(stream) + " ended at " + std::to_string(streams_[stream].last) + ", not at " +
             std::to_string(seq));
}

void stream_check::violated(const std::string& what) {
  if (violations_++ == 0) first_violation_ = what;
}

}  // namespace parley::load
