#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What the node says (docs/protocol.md), as far as a load needs to know it.
namespace parley::load {

/// A JSON text message or a Protobuf binary one.
enum class encoding : std::uint8_t { json, proto };

/// Where a reader stands. Seq 0 with any term is the position before a room's first event.
struct position {
  std::uint64_t term = 0, seq = 0;
};
inline bool operator==(position a, position b) { return a.seq == b.seq && (a.term == b.term || a.seq == 0); }

/// One event of a batch: its number, and what tells one event from another.
struct seen_event {
  std::uint64_t seq = 0, term = 0;
  std::int64_t key = -1;     ///< client_msg_id where it is one of ours, a number (`event_key`); else -1
  std::uint64_t digest = 0;  ///< of the text
};

enum class gap_reason : std::uint8_t { retention, jump, reset };

/// What one envelope said. Views end with the call that tells it.
struct answer {
  enum class kind : std::uint8_t { connected, joined, left, published, live, batch, catching_up, gap, error, other };
  kind what = kind::other;
  std::uint32_t id = 0;  ///< 0: a push
  std::string_view room;
  position at;                         ///< published: its own; joined: its start; live, catching_up; gap: its end
  position head;                       ///< joined
  std::optional<bool> recovered;       ///< joined
  std::uint64_t from = 0;              ///< gap: the first seq passed over; batch: `prev`
  gap_reason reason{};                 ///< gap
  bool is_history = false;             ///< batch: its phase
  bool is_duplicate = false;           ///< published
  std::string_view name;               ///< error
  std::span<const seen_event> events;  ///< batch
};

class answer_sink {
public:
  virtual void answered(const answer& one) = 0;

protected:
  ~answer_sink() = default;
};

/// Reads whole WebSocket messages. Keeps its memory from call to call: one for each thread, not each connection.
class answer_reader {
public:
  virtual ~answer_reader() = default;
  /// Tells `sink` each envelope, in order; it may not come back here meanwhile.
  /// @returns false for what is no message of the protocol; some of its envelopes may have been told then
  virtual bool read(std::string_view message, answer_sink& sink) = 0;
};

std::unique_ptr<answer_reader> make_json_reader();
std::unique_ptr<answer_reader> make_proto_reader();

}  // namespace parley::load
