#pragma once

#include "tests/checker/history.hpp"
#include "tests/simulation/front_model.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace parley::simulation {

/// As the checker's history says it.
inline checker::position said(position p) { return {p.term.value, p.seq.value}; }

struct client_tally {
  std::uint64_t heads = 0;
  std::uint64_t connections = 0, acks = 0, duplicates = 0, refusals = 0, opens = 0, joins = 0, resumes = 0, resets = 0,
                catching_up = 0, caught_up_twice = 0, leaves = 0, joins_refused = 0, retentions = 0, jumps = 0;
};

struct client_options {
  std::vector<std::string> rooms;
  std::size_t messages = 20;
  std::size_t pipeline = 4;   ///< writes of one room that may wait for their answers
  std::size_t window = 64;    ///< messages that its socket holds unread
  nanoseconds read_delay{0};  ///< slow readers take their time
  nanoseconds write_pause{20'000'000};
  unsigned repeat_percent = 3;  ///< acked keys that are sent again
  unsigned leave_percent = 2;
};

/// A client as protocol.md asks one to be: it connects to any node, resumes with its positions, repeats what failed in
/// order with the same client_msg_id, and writes down all that it asks and is told, before it believes any of it.
class client_model final : public session_peer, public std::enable_shared_from_this<client_model> {
public:
  using dial = std::function<std::shared_ptr<front_model::session>(host_ptr, std::weak_ptr<session_peer>, std::size_t)>;

  client_model(agenda& time, checker::history& history, address where, std::string user, client_options options,
               dial connect);

  void start();
  void told(const server_message& message) override;
  void closed() override;

  void drop();  ///< its network goes away without a word
  void publish_last(const std::string& room);
  void calm() {  ///< the run heals: no more leaving, repeating and slowness
    options_.leave_percent = options_.repeat_percent = 0;
    options_.read_delay = nanoseconds{0};
  }
  bool is_done() const;
  /// It has joined the room, and has not been shown this seq.
  bool is_behind(const std::string& room, seq head) const {
    const auto found = rooms_.find(room);
    return found != rooms_.end() && found->second.is_joined && (!found->second.at || found->second.at->seq < head);
  }
  bool is_joining() const { return !joins_.empty(); }
  bool is_writing() const { return !writes_.empty(); }
  const client_tally& tally() const { return tally_; }
  host_ptr machine() { return host_; }

private:
  struct message {
    std::shared_ptr<draft> what;
    std::uint64_t content;
    enum class fate { waiting, sent, failed, done } now = fate::waiting;
  };
  struct room_state {
    checker::room_id id{};
    std::optional<position> at;
    checker::stream_id stream{};
    bool is_joined = false, is_asked = false, is_leaving = false, has_caught_up = false;
    std::deque<message> messages;
    std::size_t outstanding = 0;
    bool has_failed = false;
  };
  struct sent_write {
    std::string room;
    std::size_t index;
    checker::attempt_id attempt;
  };

  std::uint64_t ns() const { return static_cast<std::uint64_t>(time_.now().time_since_epoch().count()); }
  void connect();
  void connect_later();
  void move_on();
  void read_next();
  void handle(const server_message& m);
  void write_some();
  void add_message(const std::string& room, room_state& r);
  void send_next(const std::string& room, room_state& r);
  void send(const std::string& room, room_state& r, std::size_t index);
  void join(const std::string& room, room_state& r);
  void answered(std::uint32_t id, const reply::published* ok, const refusal* why);
  room_state* room_of(const std::string& room) {
    auto found = rooms_.find(room);
    return found == rooms_.end() ? nullptr : &found->second;
  }
  void got(const push::batch& b);
  void told_head(const push::head& h);
  void joined(const std::string& room, const reply::joined& j);

  agenda& time_;
  checker::history& history_;
  host_ptr host_;
  std::string user_;
  client_options options_;
  dial dial_;
  std::shared_ptr<front_model::session> session_;
  std::uint64_t life_ = 0;
  checker::name_id session_name_{};
  std::map<std::string, room_state> rooms_;
  std::map<std::uint32_t, sent_write> writes_;
  std::map<std::uint32_t, std::string> joins_, leaves_;
  std::deque<server_message> inbox_;
  bool is_reading_ = false;
  std::uint32_t last_id_ = 0;
  std::size_t made_ = 0;
  std::size_t refused_in_a_row_ = 0;
  client_tally tally_;
};

/// What names an event's content in a history.
std::uint64_t content_of(const std::string& sender, const std::string& key, const std::string& text);

}  // namespace parley::simulation
