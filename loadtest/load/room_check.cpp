#include "loadtest/load/room_check.hpp"

#include <algorithm>
#include <bit>
#include <string>

namespace parley::load {
room_check::room_check(std::size_t rooms, std::size_t events_bytes_max) : rooms_(rooms) {
  const auto share = events_bytes_max / std::max<std::size_t>(rooms, 1) / sizeof(kept_event);
  mask_ = std::bit_floor(std::clamp<std::size_t>(share, 8, 1024)) - 1;
}

broken room_check::agree(memory& r, const kept_event& one, const char* rule, const char* who) {
  if (r.events.empty()) r.events.resize(mask_ + 1);
  auto& mine = r.events[one.seq & mask_];
  if (mine.seq > one.seq) return {};  // too long ago
  if (mine.seq == one.seq) {
    if (mine.key == one.key && mine.term == one.term && mine.digest == one.digest) [[likely]]
      return {};
    const char* differs = mine.key != one.key     ? "another event"
                          : mine.term != one.term ? "another term"
                                                  : "another text";
    return {rule, "seq " + std::to_string(one.seq) + " " + who + " with " + differs + " than before: key " +
                      std::to_string(one.key) + ", term " + std::to_string(one.term) + "; before: key " +
                      std::to_string(mine.key) + ", term " + std::to_string(mine.term)};
  }
  const auto& previous = r.events[(one.seq - 1) & mask_];
  const bool is_twice = one.key >= 0 && previous.seq + 1 == one.seq && previous.key == one.key;
  mine = one;
  if (is_twice)
    return {"R6", "key " + std::to_string(one.key) + " under seq " + std::to_string(previous.seq) + " and under seq " +
                      std::to_string(one.seq)};
  return {};
}

broken room_check::shown(std::size_t room, std::uint64_t seq, std::uint64_t term, event_key key, std::uint64_t digest) {
  auto wrong = agree(rooms_[room], {seq, term, key, digest}, "R4", "was shown");
  if (!wrong && key < 0) return {"R4", "seq " + std::to_string(seq) + " has a key that nobody published"};
  return wrong;
}

broken room_check::acknowledged(std::size_t room, const acknowledgement& a) {
  auto& r = rooms_[room];
  ++r.acked_count;
  r.acked_min = r.acked_count == 1 ? a.seq : std::min(r.acked_min, a.seq);
  r.acked_max = std::max(r.acked_max, a.seq);
  if (a.is_duplicate)
    return {"R6", "key " + std::to_string(a.key) + " was answered as a repeat, and nobody repeated it"};
  if (a.seq <= a.floor)
    return {"R8", "seq " + std::to_string(a.seq) +
                      " for a publish that was asked for, or sent by this session, after seq " +
                      std::to_string(a.floor) + " was acknowledged"};
  return agree(r, {a.seq, a.term, a.key, a.digest}, "R1", "was acknowledged");
}

broken room_check::complete(std::size_t room) const {
  const auto& r = rooms_[room];
  if (r.acked_count == 0) return {};
  const auto span = r.acked_max - r.acked_min + 1;
  if (span >= r.acked_count && span <= r.acked_count + r.open) return {};
  return {"R2", std::to_string(r.acked_count) + " publishes were acknowledged, " + std::to_string(r.open) +
                    " left open, over the seqs " + std::to_string(r.acked_min) + " to " + std::to_string(r.acked_max)};
}

}  // namespace parley::load
