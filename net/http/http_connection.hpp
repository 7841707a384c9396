#pragma once

#include "net/authentication.hpp"
#include "net/front_thread.hpp"
#include "net/http/http_exchange.hpp"
#include "net/http/route.hpp"
#include "net/socket_type.hpp"
#include "net/thread_member.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <memory>
#include <optional>
#include <string>

namespace parley::net {

/// One connection of the listener while it speaks HTTP: requests one after another, until it ends or becomes a
/// WebSocket or an event stream.
class http_connection final : public thread_member {
public:
  http_connection(front_thread& thread, tcp_socket socket, admission::place_ptr address);

  void start();
  /// Answers before reading anything: too many connections of an address.
  void refuse(http_answer with);

  void sweep(net_time now) override;
  void drain(const push::reconnect& farewell) override;
  void abort() override;

private:
  enum class step : std::uint8_t { idle, head, body, asking, writing, lingering, over };

  void await_request();
  void read_head();
  void read_more_of_head();
  void take_head(boost::system::error_code failed, std::size_t length);
  void read_body(std::uint64_t length);
  void read_chunks(std::string head);
  void take_request(std::string body);
  void serve(ask::websocket, std::string&);
  void serve(ask::health, std::string&);
  void serve(ask::readiness, std::string&);
  void serve(ask::metrics, std::string&);
  void serve(ask::version, std::string&);
  void serve(ask::file& what, std::string&);
  void serve(ask::publish& what, std::string& body);
  void serve(ask::history& what, std::string&);
  void serve(ask::stream& what, std::string&);
  void serve(ask::development, std::string& body);
  void answer_owner(const std::string& room);
  /// An answer under `/dev/`, which a page of another loopback origin may read.
  void answer_page(http_answer with);
  void exchange(request::body asked);
  /// Who asks; nothing where that was answered already.
  std::optional<identity> who();
  void answer(http_answer with);
  void wrote(bool keeps_alive);
  void linger();
  void discard();
  void wait(step at, milliseconds patience);
  std::string take_buffer();
  std::shared_ptr<http_connection> self() { return std::static_pointer_cast<http_connection>(shared_from_this()); }

  front_thread& thread_;
  tcp_socket socket_;
  admission::place_ptr address_;
  boost::beast::flat_buffer buffer_;
  http_request_head head_;
  std::optional<http_wish> wish_;
  std::optional<http_answer> refused_;  ///< what the head was refused with, while its body is read
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  std::shared_ptr<http_exchange> exchange_;
  std::string written_;
  step step_ = step::idle;
  net_time deadline_;
  bool keeps_alive_ = false;
  bool is_draining_ = false;
};

}  // namespace parley::net
