#pragma once

#include "actors/core/envelopes.hpp"
#include "actors/core/heads.hpp"
#include "actors/core/pages.hpp"
#include "actors/core/refusal.hpp"
#include "actors/core/result.hpp"
#include "actors/core/time.hpp"
#include "actors/core/window.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <variant>
#include <vector>

namespace parley {

struct feed_options {
  std::size_t window_events = 256;
  std::size_t window_bytes = 256 * 1024;
  milliseconds confirm_wait{1000};     ///< no confirmation by then: live by polling
  milliseconds hole_grace{5};          ///< a hole waits for reordering before it is read
  milliseconds answer_deadline{5000};  ///< of an attach or a fetch
  milliseconds retry_delay{100};       ///< after a failed read
  std::size_t ahead_max = 256;         ///< envelopes kept beyond a hole; more are read from storage
};

/// What a join gets to start from: an authoritative head, asked after the join arrived, and the recent events.
struct feed_view {
  room_head head;
  position before;                           ///< the position before the first of `events`
  std::shared_ptr<const event_list> events;  ///< contiguous up to `last`
  position last;                             ///< at least `head.head`
};

/// Names an attach or a fetch of a connection; unique within the feed actor's life.
using feed_ticket = strong<struct feed_ticket_tag, std::uint64_t>;
/// Names a read of the feed.
using question = strong<struct question_tag, std::uint64_t>;

/// A node's view of one room's live stream. It turns copies that may be lost, repeated, reordered or late into one
/// contiguous stream for the live tables (G6): what does not follow is dropped (seq at or below the last) or read from
/// storage (a hole). Joins get their view from it; one head question serves all that arrived before it was sent.
/// Sans-I/O; owned by the feed actor.
class feed {
public:
  /// The owner's word while its lease is valid, otherwise a read of the primary.
  struct ask_head {
    question q;
    bool from_storage = false;  ///< the owner's word will not do: the shard's mark is wanted too
  };
  struct ask_newest {
    question q;
    std::uint32_t limit;
  };
  struct ask_range {
    question q;
    seq after;
    std::uint32_t limit;
  };
  struct open_thread {
    thread_index thread;
    position at;
  };
  struct close_thread {
    thread_index thread;
  };
  /// To all open threads.
  struct deliver {
    position before;
    event_list events;
  };
  struct reset_threads {
    position at;
  };
  struct attached {
    feed_ticket ticket;
    feed_view view;
  };
  struct fetched {
    feed_ticket ticket;
    range_page page;
  };
  struct failed {
    feed_ticket ticket;
    refusal why;
  };
  /// The shard's mark in the snapshot of this feed's last head read.
  struct marked {
    shard_mark mark;
  };
  /// A hole was read from storage (for the metrics).
  struct hole_filled {
    std::size_t events;
  };
  /// The primary itself lacks a seq between floor and head: never skipped (C9).
  struct broken {
    position at;
    room_head head;
  };
  using effect = std::variant<ask_head, ask_newest, ask_range, open_thread, close_thread, deliver, reset_threads,
                              attached, fetched, failed, marked, hole_filled, broken>;
  using effects = std::vector<effect>;

  feed(room_key room, instant now, feed_options options = {});

  [[nodiscard]] effects attach(feed_ticket ticket, thread_index thread, instant now);
  [[nodiscard]] effects detach(thread_index thread);
  /// Events after a position, for a reader that continues: from the window where it reaches, else one shared read.
  /// @param held the term of what the reader has at `after`. The window answers only who shares its history: a reader
  ///   may have heard of a failover before this feed, and only storage can say which of them was lost (C13)
  [[nodiscard]] effects fetch(feed_ticket ticket, seq after, std::uint32_t limit, instant now,
                              std::optional<term> held = {});

  [[nodiscard]] effects subscribed(instant now);
  [[nodiscard]] effects link_lost(instant now);
  [[nodiscard]] effects arrived(const room_envelope& envelope, instant now);
  /// A beacon or a poll says where the room stands; a hint, checked by reading.
  [[nodiscard]] effects head_seen(const room_head& seen, std::optional<shard_mark> mark, instant now);

  [[nodiscard]] effects head_answered(question q, result<room_head> head, std::optional<shard_mark> mark, instant now);
  [[nodiscard]] effects newest_answered(question q, result<history_page> page, instant now);
  [[nodiscard]] effects range_answered(question q, result<range_page> page, instant now);
  /// Storage was just seen to hold nothing beyond what this feed was told of. A room that still stands where it stood
  /// at the last such moment is quiet: its readers may be told that they have all there is.
  /// @returns the head to tell all open threads
  [[nodiscard]] std::optional<position> head_proven();
  [[nodiscard]] effects tick(instant now);

  /// The threads with subscribers, in order.
  std::vector<thread_index> threads() const;
  bool has_subscribers() const { return !threads_.empty(); }
  bool needs_tick() const;
  position last() const { return window_.last(); }
  bool is_loaded() const { return is_loaded_; }

private:
  enum class link { subscribing, confirmed, polling };
  struct waiting_attach {
    feed_ticket ticket;
    std::uint64_t order;  ///< when it arrived, to be compared with the order of a head question
    instant deadline;
    std::optional<seq> needs;  ///< the head is known: it waits until the feed has it
  };
  struct waiting_fetch {
    feed_ticket ticket;
    instant deadline;
  };
  struct range_key {
    seq after;
    std::uint32_t limit;
    auto operator<=>(const range_key&) const = default;
  };
  /// Fetches of one range: those that a read under way serves, and those that came after it was sent.
  struct shared_range {
    std::optional<question> asked;
    std::vector<waiting_fetch> served;
    std::vector<waiting_fetch> next;
    instant retry_at{};
  };

  /// Something that a read has to settle. Only a read that was sent after the last reason to doubt settles it.
  struct doubt {
    std::uint64_t raised = 0, asked = 0, settled = 0;
    void raise() { ++raised; }
    void ask() { asked = raised; }
    void settle() { settled = asked; }
    bool is_open() const { return raised > settled; }
  };
  /// An envelope beyond a hole, or a head: `heard` after this many questions.
  struct ahead_envelope {
    room_envelope envelope;
    std::uint64_t heard;
  };

  void proceed(effects& out, instant now);
  void resolve(effects& out);
  void ask_for_head(effects& out, instant now);
  bool accept(effects& out, const room_envelope& envelope);
  void append_run(effects& out, event_list run);
  void accept_ahead(effects& out);
  void fill_hole(effects& out, instant now);
  void filled(effects& out, question q, range_page page, instant now);
  bool continues(const range_page& page) const;
  void restart_at(effects& out, instant now);
  void load(effects& out, const history_page& page);
  void note_head(const room_head& seen, instant now);
  void raise_target(const room_head& seen);
  void stands_at(const room_head& seen, const shard_mark& mark);
  bool is_of_lost_tail(const event_list& events) const;
  void raise_floor(position floor);
  void send_range(effects& out, const range_key& key, shared_range& range);
  void expire(effects& out, instant now);
  question next_question() { return question{++last_question_}; }

  room_key room_;
  feed_options options_;
  window window_;
  position floor_;
  link link_ = link::subscribing;
  instant confirm_by_;
  bool is_loaded_ = false;
  struct {
    parley::term term;
    seq head;
  } stood_;             ///< the shard's term and the room's head in the snapshot of the last read that told both
  doubt head_doubt_;    ///< the tail is not to be trusted before a head was read
  doubt anchor_doubt_;  ///< something names our last seq with another term
  room_head target_;    ///< the highest head heard of
  std::uint64_t target_heard_ = 0;    ///< after this many questions
  std::optional<position> stood_at_;  ///< when the head was last proven
  std::optional<instant> hole_since_;
  std::map<seq, ahead_envelope> ahead_;
  std::deque<room_envelope> early_;  ///< arrived before the first page

  std::uint64_t order_ = 0;
  std::vector<waiting_attach> attaches_;
  std::optional<question> newest_asked_;
  std::optional<question> head_asked_;
  std::uint64_t head_order_ = 0;  ///< attaches up to this order are served by the question under way
  seq head_asked_at_;             ///< our last seq when the head was asked for
  instant head_due_{};            ///< asked again then: the owner's word may be lost on its way (C18)
  std::optional<question> fill_asked_;
  position fill_after_;  ///< our last position when the fill was asked for
  instant retry_at_{};
  std::map<range_key, shared_range> ranges_;
  std::map<thread_index, std::size_t> threads_;
  std::uint64_t last_question_ = 0;
  mutable std::shared_ptr<const event_list> snapshot_;  ///< of the window, until it changes
};

}  // namespace parley
