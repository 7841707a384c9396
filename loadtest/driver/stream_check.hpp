#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace parley::load {

/// What every reader must see: from its start on each seq once, in order (G3). Streams are numbered by the load. It
/// corrects nothing: after a violation the run has no result.
class stream_check {
public:
  explicit stream_check(std::size_t streams) : streams_(streams) {}

  void joined(std::size_t stream, std::uint64_t start, std::uint64_t head);
  void event(std::size_t stream, bool is_first, std::uint64_t prev, std::uint64_t seq);
  void live(std::size_t stream, std::uint64_t at);
  /// A reader must have come at least this far.
  void reached(std::size_t stream, std::uint64_t seq);
  void violated(const std::string& what);

  std::uint64_t last(std::size_t stream) const { return streams_[stream].last; }
  std::uint64_t events() const { return events_; }
  std::uint64_t violations() const { return violations_; }
  /// The first one, for people.
  const std::string& first_violation() const { return first_violation_; }

private:
  struct progress {
    std::uint64_t last = 0;
    std::uint64_t head = 0;  ///< `live` must not come before it
    bool is_joined = false;
  };
  std::vector<progress> streams_;
  std::uint64_t events_ = 0;
  std::uint64_t violations_ = 0;
  std::string first_violation_;
};

}  // namespace parley::load
