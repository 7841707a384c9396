#pragma once

#include "loadtest/load/answers.hpp"
#include "loadtest/load/event_key.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace parley::load {

/// The least of a node: it greets so many connections, answers each one's join of one room, and then sends them event
/// after event, one write a delivery, as fast as they take them. A thread of its own.
class ceiling_sink {
public:
  ceiling_sink(std::string room, std::size_t text_bytes, std::size_t connections);
  ~ceiling_sink();

  boost::asio::ip::tcp::endpoint address() const { return acceptor_.local_endpoint(); }
  /// From now on it sends.
  void begin() { has_begun_ = true, has_begun_.notify_all(); }

private:
  struct peer {
    boost::asio::ip::tcp::socket socket;
    encoding form;
  };

  void serve();
  bool greet();
  void send_all();
  std::string frame_of(encoding form, std::uint64_t seq, event_key key) const;
  std::string welcome(encoding form) const;

  const std::string room_;
  const std::size_t text_bytes_, connections_;
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::vector<peer> peers_;
  std::atomic<bool> has_begun_ = false, is_over_ = false;
  std::thread thread_;
};

}  // namespace parley::load
