#pragma once

#include "actors/core/ids.hpp"
#include "actors/core/shard_rows.hpp"
#include "actors/ports/log.hpp"
#include "storage/postgres/exchange.hpp"
#include "storage/postgres/postgres_options.hpp"
#include "storage/postgres/postgres_probe.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string>

namespace parley::postgres {

using strand = boost::asio::strand<boost::asio::io_context::executor_type>;

/// What all links of one database know together. Lives as long as they do; touched on the strand only.
struct database_context {
  boost::asio::io_context& io;
  parley::postgres::strand strand;
  postgres_options options;
  std::string cluster;         ///< the id that every connection must find
  database_identity newest{};  ///< the history that was talked to last (C7)
  parley::log& log;
  postgres_probe& probe;
  std::minstd_rand random{std::random_device{}()};
};

struct link_role {
  std::string_view name;
  std::span<const statement* const> statements;  ///< prepared on each new connection
  std::size_t in_flight_max;                     ///< exchanges sent and not answered
  std::size_t waiting_max;                       ///< further ones that wait here
};

/// One connection that is made again whenever it ends, and a queue of exchanges before it. Each is sent as soon as the
/// pipeline has room. All calls and completions on the context's strand; never blocks but for the look-up of a host
/// name.
class link : public std::enable_shared_from_this<link> {
public:
  link(std::shared_ptr<database_context> context, link_role role);
  ~link();

  void start();
  /// Ends everything: what was sent is `lost`, the rest `unsent`.
  void stop(const std::string& reason);

  /// While the server cannot be reached, and when the queue is full: `unsent` at once.
  void submit(exchange e);

  bool is_ready() const { return state_ == state::ready; }
  /// False after a failed attempt to connect, until one works.
  bool has_hope() const { return state_ != state::stopped && failures_ == 0; }
  std::size_t load() const { return in_flight_.size() + waiting_.size(); }
  bool has_room() const { return is_ready() && in_flight_.size() + waiting_.size() < role_.in_flight_max; }

  /// The history that this link's server had when it was connected last; another link may have met a newer one (C7).
  const database_identity& history() const { return history_; }

  /// Called after each answer, and when the link got ready or failed to connect: the moment to give it more.
  std::function<void()> changed = [] {};

private:
  enum class state { resting, connecting, preparing, ready, stopped };
  using clock = std::chrono::steady_clock;

  struct sent {
    exchange what;
    exchange_end end;
  };

  // link_connect.cpp: from nothing to a checked connection
  void connect();
  void await_poll(bool for_reading);
  void poll();
  void prepare();
  void prepared(exchange_end end);
  std::string check_identity(const rows& row);
  void attempt_failed(const std::string& reason);
  void rest(milliseconds delay);

  // link.cpp: exchanges
  void send_waiting();
  bool send(exchange& e);
  bool send_commands(const exchange& e);
  void flush();
  void await_answers();
  void take_answers();
  void take(PGresult* answer);
  void watch_front();
  void broken(const std::string& reason);
  void close();
  void fail_waiting(const std::string& reason, bool patient_too);
  void adopt_socket();
  std::string last_error() const;

  static void noticed(void* self, const PGresult* notice);

  std::shared_ptr<database_context> context_;
  link_role role_;
  state state_ = state::resting;
  database_identity history_{};
  PGconn* connection_ = nullptr;
  /// A duplicate of libpq's socket: libpq may close its own at any time, between two hosts for one.
  boost::asio::posix::stream_descriptor socket_;
  boost::asio::steady_timer timer_;  ///< an attempt's end, a rest's end, or the front exchange's deadline
  unsigned life_ = 0;                ///< handlers of a former connection do nothing
  std::size_t failures_ = 0;
  std::string failure_told_;  ///< the reason that the log heard last
  bool is_flushing_ = false;
  bool is_watching_ = false;
  clock::time_point front_since_{};

  std::deque<sent> in_flight_;
  std::deque<exchange> waiting_;
};

}  // namespace parley::postgres
