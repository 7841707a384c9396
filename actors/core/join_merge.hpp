#pragma once

#include "actors/core/feed.hpp"
#include "actors/core/pages.hpp"
#include "actors/core/replies.hpp"
#include "actors/core/requests.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace parley {

struct join_merge_options {
  std::uint32_t page_events = 100;  ///< of one history batch, and of one read
};

/// Turns one subscription's history and live events into one stream (G3): one state machine for the first join, a
/// resume, a hole, a slow reader and a Redis loss (C9). Its whole state is the position of the last event that was
/// handed to the session. While live, the thread's table advances that position; when a row falls out, it says where.
/// Sans-I/O; owned by the connection actor, one per (session, room).
class join_merge {
public:
  /// Subscribe first: the feed answers with `attached` after its own subscription is confirmed.
  struct attach {};
  struct detach {};
  struct fetch {
    seq after;
    std::uint32_t limit;
    std::optional<term> held;  ///< what the reader has at `after`; a window of another history must not answer
  };
  /// The reply, once per join.
  struct joined {
    reply::joined what;
  };
  struct refused {
    refusal why;
  };
  struct send {
    std::variant<push::batch, push::catching_up, push::gap> what;
  };
  /// Wait until the session has given to its socket what was sent so far; then tell `drained`.
  struct await_drained {};
  struct go_live {
    position at;
  };
  /// The stream cannot go on: the log lacks a seq. Never skipped (C9): the session is closed.
  struct broken {
    position at;
  };
  using effect = std::variant<attach, detach, fetch, joined, refused, send, await_drained, go_live, broken>;
  using effects = std::vector<effect>;

  enum class state { attaching, proving, sending, fetching, draining, going_live, live, ended };

  join_merge(std::string room, request::join_options options, join_merge_options limits = {});

  [[nodiscard]] effects start();
  [[nodiscard]] effects attached(const feed_view& view);
  [[nodiscard]] effects fetched(const range_page& page);
  /// Before the reply: the join is refused. After it: asked again, for as long as the session lives.
  [[nodiscard]] effects failed(const refusal& why);
  [[nodiscard]] effects drained();
  [[nodiscard]] effects row_live(position at);
  /// The row is not in the table; `at` is the last position that the session got.
  [[nodiscard]] effects row_behind(position at, bool was_live);
  [[nodiscard]] effects leave();

  enum state state() const { return state_; }
  position last() const { return last_; }
  const std::string& room() const { return room_; }

private:
  void plan(effects& out, const feed_view& view);
  void plan_since(effects& out, const feed_view& view);
  seq rewound() const;
  void begin(effects& out, position start, std::optional<bool> recovered, std::optional<push::gap> first_gap,
             const range_page* page = nullptr);
  void begin_newest(effects& out, seq start, std::optional<bool> recovered, std::optional<push::gap> first_gap);
  void prove(effects& out, std::optional<term> held, const range_page* page);
  void start_proven(effects& out, const range_page& page);
  void go_on(effects& out);
  void send_events(effects& out, event_list events);
  void take_page(effects& out, const range_page& page);
  void learn(const range_page& page);
  bool follows(const range_page& page) const;
  void lost_tail(effects& out, const range_page& page);
  void reset_to(effects& out, position to);
  void ask(effects& out, seq after, std::optional<term> held = {});
  void ask_on(effects& out);

  std::string room_;
  request::join_options options_;
  join_merge_options limits_;
  enum state state_ = state::attaching;
  position last_;   ///< the last position handed to the session
  room_head head_;  ///< the authoritative one, asked after this join arrived
  feed_view view_;  ///< used up by the first send
  /// A start whose term (or proof) has to be read first: the reply waits for that page.
  struct pending_start {
    seq at;
    std::optional<bool> recovered;
    std::optional<push::gap> gap;
    bool is_proof = false;  ///< `since`: compare the stored term at `at` with the client's
  };
  std::optional<pending_start> pending_;
  seq asked_after_;
  std::optional<term> asked_held_;
  bool has_view_ = false;
};

}  // namespace parley
