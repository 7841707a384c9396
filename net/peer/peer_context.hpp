#pragma once

#include "actors/ports/log.hpp"
#include "actors/ports/peer_network.hpp"
#include "net/peer/peer_options.hpp"
#include "net/peer/peer_probe.hpp"
#include "net/peer/peer_tls.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <mutex>
#include <unordered_set>

namespace parley::net {

class peer_connection;

/// What all connections of a mesh share. It outlives the mesh until the last handler has run.
struct peer_context {
  peer_context(boost::asio::io_context& context, peer_options told, log& to, peer_probe& counts)
      : io(context), options(std::move(told)), out(to), probe(counts) {}

  boost::asio::io_context& io;
  const peer_options options;
  log& out;
  peer_probe& probe;
  std::shared_ptr<peer_tls> tls;  ///< set before the first connection; null: plain, on loopback

  std::mutex door_mutex;  ///< held while the door is asked, so that nobody asks it after `serve(nullptr)`
  peer_door* door = nullptr;

  // On the links' thread.
  std::unordered_set<std::shared_ptr<peer_connection>> all;
  bool is_stopped = false;
};

}  // namespace parley::net
