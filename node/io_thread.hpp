#pragma once

#include "net/asio_loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <pthread.h>

#include <string>
#include <thread>

namespace parley {

/// A thread that runs one Asio context of adapters, until they have nothing left to do after `finish`.
class io_thread {
public:
  explicit io_thread(std::string name)
      : work_(io.get_executor()), thread_([this, name = std::move(name)] {
          pthread_setname_np(pthread_self(), name.c_str());
          net::asio_loop(io).run();
        }) {}
  ~io_thread() { finish(); }

  void finish() {
    work_.reset();
    if (thread_.joinable()) thread_.join();
  }

  boost::asio::io_context io{1};

private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace parley
