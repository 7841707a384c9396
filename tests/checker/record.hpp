#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <variant>

namespace parley::checker {

/// Ids that one `history` gave out; 0 is none. Names are sessions, readers, nodes, errors, faults, counts.
enum class name_id : std::uint32_t { none };
enum class room_id : std::uint32_t { none };
enum class key_id : std::uint32_t { none };  ///< (room, sender, client_msg_id)
enum class attempt_id : std::uint32_t { none };
enum class stream_id : std::uint32_t { none };

/// Where a server owed a number and told none, or nothing that is one. It equals no seq and no term.
inline constexpr std::uint64_t no_number = std::numeric_limits<std::uint64_t>::max();

struct position {
  std::uint64_t term = 0;
  std::uint64_t seq = 0;
  friend bool operator==(const position&, const position&) = default;
};

enum class event_kind : std::uint8_t { created, updated, deleted, other };

/// An event as a reader was shown it.
struct event {
  std::uint64_t seq = 0;
  std::uint64_t term = 0;
  std::uint64_t content = 0;  ///< a hash of all that it tells: kind, sender, key, text, parts, metadata, target, ...
  std::uint64_t body = 0;     ///< a hash of text, parts and metadata only; needed where kind or version says changed
  std::uint64_t target = 0;   ///< the seq of the message that this event changes
  std::uint32_t version = 1;
  event_kind kind = event_kind::created;
  bool deleted = false;
  friend bool operator==(const event&, const event&) = default;
};

/// An event as it was read back.
struct row : event {
  name_id sender{};
  key_id key{};
  friend bool operator==(const row&, const row&) = default;
};

/// A part of the history's events or rows.
struct range {
  std::uint32_t begin = 0;
  std::uint32_t count = 0;
};

/// How a request ended. `fail` promises "not stored"; `info` leaves it open (a timeout, a close, `outcome_unknown`).
enum class phase : std::uint8_t { ok, fail, info };
enum class stream_phase : std::uint8_t { history, live, other };
enum class gap_reason : std::uint8_t { retention, jump, reset, other };
enum class gap_wish : std::uint8_t { fill, jump };

// What can happen. Each is written before a request goes out, or after an answer came in.

struct publish_asked {
  attempt_id attempt{};
  room_id room{};
  name_id session{};
  name_id sender{};
  key_id key{};
  std::uint64_t content = 0;
  std::uint64_t body = 0;
  std::uint64_t target = 0;
  event_kind kind = event_kind::created;
};
struct publish_ended {
  attempt_id attempt{};
  phase outcome = phase::info;
  bool duplicate = false;
  name_id error{};
  position at{};  ///< of the ack
};
struct join_asked {
  stream_id stream{};
  room_id room{};
  name_id reader{};  ///< the same across reconnects: so a resume is known as one
  std::optional<position> since;
  std::uint32_t rewind = 0;
  std::uint32_t max = 100;
  gap_wish on_gap = gap_wish::fill;
};
struct join_ended {
  stream_id stream{};
  phase outcome = phase::info;
  std::optional<bool> recovered;
  name_id error{};
  position head{};
  position start{};
};
struct batch_pushed {
  stream_id stream{};
  stream_phase phase = stream_phase::history;
  std::uint64_t prev = 0;
  range events{};
};
struct live_pushed {
  stream_id stream{};
  position at{};
};
struct catching_up_pushed {
  stream_id stream{};
  position at{};
};
struct gap_pushed {
  stream_id stream{};
  gap_reason reason = gap_reason::other;
  std::uint64_t from = 0;
  position to{};
};
/// A push of a kind that no rule looks at, such as `head` or `ephemeral`.
struct other_pushed {
  stream_id stream{};
  name_id kind{};
};
/// A push of no stream (the room says where), or a reply to nothing.
struct stray {
  room_id room{};
  name_id session{};
  name_id kind{};
};
/// The stream ended: the socket is gone, the stream replaced or left.
struct cut {
  stream_id stream{};
};
/// The run waited: this stream, or with none every open one, must be live and at the head (R11).
struct settled {
  stream_id stream{};
};
/// All faults are over: what is published from here on must get through (R11).
struct healed {};
struct fault {
  name_id name{};
  bool begins = true;
};
/// A room, read back. Of several the last one counts.
struct stored {
  room_id room{};
  position head{};
  position floor{};     ///< all up to it fell to retention
  bool others = false;  ///< others than this history's sessions wrote here too
  range rows{};
};
/// The run knows that a database lost what it had committed after a position; with no room, in any room.
struct lost_tail {
  room_id room{};
  std::optional<position> after;
  std::optional<position> last;  ///< the newest position that was lost, if known: nothing of a later term was
};
/// A node wrote, or was seen to own, a shard in a term.
struct owned {
  name_id shard{};
  name_id node{};
  std::uint64_t term = 0;
};
/// A word that occurs in one room only.
struct canary {
  name_id word{};
  room_id room{};
};
/// Somebody met that word: in a push, a page, an error, a log.
struct canary_seen {
  name_id word{};
  name_id reader{};
  name_id instance{};
};
/// A reader may see a private room, or may no more see what comes after a seq of it. A room without such a record is
/// open to its whole instance.
struct access {
  name_id reader{};
  room_id room{};
  bool may = true;
  std::uint64_t after = 0;
};
/// What a resource (`rss` in bytes, `fds`, `connections`, ...) may come to, and what it came to. No node: each one.
struct limit {
  name_id node{};
  name_id resource{};
  std::uint64_t most = 0;
};
struct used {
  name_id node{};
  name_id resource{};
  std::uint64_t amount = 0;
};
/// Something happened so often, as only the run knows (holes filled, hits of a fault).
struct counted {
  name_id what{};
  std::uint64_t times = 0;
};
/// Below this count the history proves nothing.
struct minimum {
  name_id what{};
  std::uint64_t least = 0;
};

using happening = std::variant<publish_asked, publish_ended, join_asked, join_ended, batch_pushed, live_pushed,
                               catching_up_pushed, gap_pushed, other_pushed, stray, cut, settled, healed, fault, stored,
                               lost_tail, owned, canary, canary_seen, access, limit, used, counted, minimum>;

struct record {
  std::uint64_t ns = 0;  ///< one monotonic clock for the whole history, in nanoseconds
  happening what;
};

}  // namespace parley::checker
