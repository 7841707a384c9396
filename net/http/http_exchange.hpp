#pragma once

#include "actors/ports/conversation.hpp"
#include "actors/ports/session_port.hpp"
#include "net/front_thread.hpp"
#include "net/http/http_answer.hpp"

#include <functional>
#include <memory>
#include <string>

namespace parley::net {

/// One HTTP request that needs the actors: a conversation of its own that connects, asks once and ends.
class http_exchange final : public session_port, public std::enable_shared_from_this<http_exchange> {
public:
  /// @param done runs once on the thread, unless `cancel` comes first
  http_exchange(front_thread& thread, std::function<void(http_answer)> done);

  /// @returns false while the node stops: nothing will be answered
  bool start(std::string user, std::string instance, request::body asked);
  /// No answer is wanted any more.
  void cancel() { end(); }
  /// What an answer that did not come in time means: a publish may be stored.
  http_answer overdue() const;

  session_id id() const override { return id_; }
  thread_index thread() const override { return thread_.index(); }
  void send(server_message message) override;
  void notify_drained(std::uint32_t token) override;
  void go_live(room_ref, parley::generation, position) override {}
  void leave_live(room_ref, parley::generation) override {}
  void close(close_code code, std::string reason) override;

private:
  void on_send(const server_message& message);
  void answer(http_answer with);
  void end();

  const std::shared_ptr<front_thread> kept_;
  front_thread& thread_;
  const session_id id_;
  std::function<void(http_answer)> done_;
  std::shared_ptr<conversation> conversation_;
  bool is_write_ = false;
};

}  // namespace parley::net
