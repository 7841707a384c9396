#pragma once

#include "actors/ports/thread_loop.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace parley::net {

/// A thread's Asio loop, from `run` to its end.
class asio_loop final : public thread_loop {
public:
  explicit asio_loop(boost::asio::io_context& io) : io_(io) {}

  /// Until nothing is left to do.
  void run() { io_.run(); }
  void run_behind(void (*task)()) override { boost::asio::post(io_, task); }

private:
  boost::asio::io_context& io_;
};

}  // namespace parley::net
