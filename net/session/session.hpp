#pragma once

#include "actors/ports/conversation.hpp"
#include "actors/ports/session_port.hpp"
#include "net/front_thread.hpp"
#include "net/head_frame.hpp"
#include "net/session/outbox.hpp"
#include "net/session/stream_verifier.hpp"
#include "net/socket_type.hpp"
#include "net/thread_member.hpp"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace parley::net {

/// What a WebSocket and an event stream have in common: an outbox on a socket, rows in the thread's live table, and a
/// conversation. Its protocol is the derived class's.
///
/// open -> closing (the rest of the outbox is written) -> lingering (the peer closes its side, so that no reset eats
/// our last bytes)
/// -> over. The conversation ends with the first step.
class session : public thread_member, public session_port {
public:
  session(front_thread& thread, tcp_socket socket, wire_form form);

  // session_port: from any thread
  session_id id() const override { return id_; }
  thread_index thread() const override { return thread_.index(); }
  void send(server_message message) override;
  void notify_drained(std::uint32_t token) override;
  void go_live(room_ref room, parley::generation generation, position at) override;
  void leave_live(room_ref room, parley::generation generation) override;
  void close(close_code code, std::string reason) override;

  // thread_member
  void sweep(net_time now) override;
  void drain(const push::reconnect& farewell) override;
  void abort() override;
  void flush() override;

  // The live table's sink; see live_table.hpp
  bool write_live(const live_frame_ptr& frame);
  void say_head(const head_frame_ptr& frame);
  void row_went_live(const room_ref& room, generation gen, position at);
  void row_fell(const room_key& room, generation gen, position at, bool was_live);

protected:
  enum class state : std::uint8_t { open, closing, lingering, over };
  static constexpr std::uint16_t code_abnormal = 1006;

  /// How this protocol says goodbye: what goes into the outbox before the socket's end.
  virtual void say_goodbye(std::uint16_t code, std::string_view reason) = 0;
  /// A reply or push is about to be queued; e.g. the end of a handshake waits for one.
  virtual void about_to_send(const server_message&) {}
  /// The end of everything: what refers to the front is given back, for an actor may hold the session for longer.
  virtual void on_over() {}
  virtual void on_sweep(net_time) {}
  /// The socket took something: what waited for room may go on.
  virtual void on_written() {}
  /// A protocol's own read may be pending: it must end, and call `discard` then. Without one, the base reads.
  virtual void stop_reading() { discard(); }

  void converse(std::shared_ptr<conversation> with) { conversation_ = std::move(with); }
  const std::shared_ptr<conversation>& with() const { return conversation_; }
  void request(client_request request);
  void enqueue(const server_message& message);
  void enqueue(block bytes);
  /// Ends the conversation and writes what waits. Does nothing unless open.
  void finish(std::uint16_t code, std::string_view reason);
  /// The same where the goodbye is in the outbox already.
  void finish_silently(std::uint16_t code);
  /// Reads and forgets until the peer's end.
  void discard();

  bool is(state s) const { return state_ == s; }
  front_thread& on() { return thread_; }
  front_context& front() { return thread_.front(); }
  tcp_socket& socket() { return socket_; }
  outbox& waiting() { return outbox_; }
  bool is_draining() const { return is_draining_; }
  /// Requests with an id that no reply has named yet.
  std::uint32_t unanswered() const { return unanswered_; }
  const std::string& conn_id() const { return conn_id_; }
  template <class T>
  std::shared_ptr<T> self() {
    return std::static_pointer_cast<T>(shared_from_this());
  }

private:
  struct live_row {
    room_ref room;
    generation gen;
  };

  void on_send(server_message message);
  void keep_unseen(stream_marks marks);
  void end_conversation(std::uint16_t code);
  void fall_behind(const room_ref& room, position at_without_queue);
  void tell_behind(const room_key& room, position at);
  void close_if_drained();
  void write_some();
  void wait_writable();
  void given(const stream_marks* marks, const live_frame* live);
  void tell_drained();
  void linger();
  void be_over();
  bool is_stalled(net_time now);
  live_row* row_of_room(const room_key& room);

  const std::shared_ptr<front_thread> kept_;  ///< outlives the socket
  front_thread& thread_;
  tcp_socket socket_;
  const session_id id_;
  const wire_form form_;
  const std::string conn_id_;
  state state_ = state::open;
  bool is_waiting_writable_ = false;
  bool is_draining_ = false;
  std::uint32_t unanswered_ = 0;
  outbox outbox_;
  stream_verifier verifier_;
  std::unique_ptr<stream_marks> unseen_;
  std::vector<live_row> rows_;
  std::shared_ptr<conversation> conversation_;
  std::uint64_t progress_bytes_ = 0;
  net_time progress_at_;
  net_time deadline_;  ///< of closing and lingering
  std::unique_ptr<std::array<char, 4096>> discarded_;
};

}  // namespace parley::net
