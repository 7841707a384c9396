#pragma once

#include "actors/core/time.hpp"
#include "storage/redis/chunk_queue.hpp"
#include "storage/redis/redis_url.hpp"
#include "storage/redis/resp_reader.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <array>
#include <memory>
#include <string>

namespace parley {

class redis_link;

/// Who opened a link. Called on the link's strand; nothing after `redis_link::close`.
class link_listener {
public:
  virtual ~link_listener() = default;
  /// The server answered: it is one, and it lets us in.
  virtual void opened(redis_link& link) = 0;
  virtual void received(redis_link& link, resp_value value) = 0;
  virtual void written(redis_link& link) = 0;
  /// By the other side, an error or a time-out. Last call.
  virtual void closed(redis_link& link, std::string reason) = 0;
};

/// One connection to a Redis server, from its opening to its end; a new attempt is a new link. All on one strand.
class redis_link : public std::enable_shared_from_this<redis_link> {
public:
  using strand = boost::asio::strand<boost::asio::io_context::executor_type>;

  redis_link(strand where, redis_address address, milliseconds open_timeout, std::shared_ptr<link_listener> listener,
             resp_limits limits = {});

  /// Resolves, connects, authenticates where there is a password, and waits for an answer to PING: a stopped server's
  /// kernel accepts connections too.
  void open();
  void close();
  bool is_open() const { return is_open_; }

  void send(chunk_queue commands);
  /// Overtakes what waits, but nothing that is being written.
  void send_first(std::string command);
  const chunk_queue& waiting() const { return waiting_; }
  std::size_t waiting_bytes() const { return waiting_.bytes() + writing_.size(); }

private:
  using results = boost::asio::ip::tcp::resolver::results_type;

  void resolve();
  void connect(const results& where);
  void greet();
  void greeted(const resp_value& answer);
  void read();
  void read_done(std::size_t bytes);
  void write();
  void fail(std::string reason);

  redis_address address_;
  milliseconds open_timeout_;
  std::shared_ptr<link_listener> listener_;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;

  resp_reader reader_;
  std::array<char, 16384> in_;
  chunk_queue waiting_;
  std::string writing_;  ///< empty: no write is under way
  int answers_due_ = 0;  ///< of the greeting
  bool is_open_ = false;
  bool is_closed_ = false;
};

}  // namespace parley
