#pragma once

#include "actors/chat.hpp"
#include "actors/core/live_table.hpp"
#include "actors/ports/live_front.hpp"
#include "actors/ports/log.hpp"
#include "actors/ports/session_port.hpp"
#include "tests/simulation/host.hpp"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace parley::simulation {

struct front_tally {
  std::uint64_t overflows = 0, fell_out = 0;
};

/// The client's end of a session.
class session_peer {
public:
  virtual ~session_peer() = default;
  virtual void told(const server_message& message) = 0;
  virtual void closed() = 0;
};

/// The front of one node without sockets and codecs: threads that do what is posted to them in its order, the real live
/// tables, and sessions whose bounded outboxes give way to a slow reader as net/session does (G9).
class front_model final : public live_front {
public:
  front_model(agenda& time, network& net, host_ptr node, std::size_t outbox_max);
  ~front_model() override;

  class session;

  void serve(reception& chat) { reception_ = &chat; }
  /// Where it writes what it saw go wrong.
  void watch(log& alarms) { alarms_ = &alarms; }
  /// A client connects; its requests go through the answer. Null: refused.
  std::shared_ptr<session> accept(host_ptr client, std::weak_ptr<session_peer> peer, std::size_t window);
  /// What a kill -9 leaves of the front.
  void die();
  const front_tally& tally() const { return tally_; }

  void open(thread_index thread, room_ref room, position at) override;
  void deliver(std::span<const thread_index> threads, room_ref room, position before, event_list events) override;
  void say_head(std::span<const thread_index> threads, room_ref room, position at) override;
  void reset(std::span<const thread_index> threads, room_ref room, position at) override;
  void close(thread_index thread, room_ref room) override;

  static constexpr std::size_t threads = 2;

private:
  struct frame;
  using frame_ptr = std::shared_ptr<const frame>;
  struct thread;
  struct sink;
  friend class session;

  void post(thread_index where, task what);

  agenda& time_;
  network& net_;
  host_ptr node_;
  std::size_t outbox_max_;
  reception* reception_ = nullptr;
  log* alarms_ = nullptr;
  std::vector<std::unique_ptr<thread>> threads_;
  std::map<std::uint64_t, std::weak_ptr<session>> sessions_;
  std::uint64_t last_session_ = 0;
  bool is_dead_ = false;
  front_tally tally_;
};

/// One session, on its thread. `requested` and `read_one` are the client's, over its wire.
class front_model::session final : public session_port, public std::enable_shared_from_this<session> {
public:
  session(front_model& front, session_id id, thread_index thread, wire_ptr client, std::weak_ptr<session_peer> peer,
          std::size_t window);

  session_id id() const override { return id_; }
  thread_index thread() const override { return thread_; }
  void send(server_message message) override;
  void notify_drained(std::uint32_t token) override;
  void go_live(room_ref room, parley::generation generation, position at) override;
  void leave_live(room_ref room, parley::generation generation) override;
  void close(close_code code, std::string reason) override;

  // From the client's machine.
  void request(client_request what);
  void read_one();
  void hang_up();
  void cut() { client_->cut(); }

private:
  friend class front_model;
  friend struct front_model::sink;
  struct entry {
    server_message message;
    room_ref live_room;  ///< of a live batch that may be dropped
    position before;
  };

  /// A publish on its way, for the rule that a failed one fails those behind it (C16).
  struct write {
    std::uint32_t id;
    std::string room;
    instant arrived;
    bool is_behind_failure = false;
  };

  void asked(const client_request& what);
  void answers(const server_message& message);
  void post(std::function<void(session&)> what);
  void push(entry e);
  bool write_live(const room_ref& room, position before, const event_list& events);
  void overflow(const room_ref& room, position at);
  void pin(const room_ref& room);
  void flush();
  void ended();

  front_model& front_;
  session_id id_;
  thread_index thread_;
  wire_ptr client_;
  std::weak_ptr<session_peer> peer_;
  std::shared_ptr<conversation> conversation_;
  std::map<room_key, std::pair<room_ref, generation>> rows_;
  std::deque<entry> outbox_;
  std::deque<write> writes_;
  std::uint64_t queued_total_ = 0, given_total_ = 0;
  std::deque<std::pair<std::uint32_t, std::uint64_t>> tokens_;
  std::size_t window_, unread_ = 0;
  bool is_closing_ = false, is_ended_ = false;
};

}  // namespace parley::simulation
