#pragma once

#include "actors/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace parley {

/// What a node is and whom it talks to. Bounds and units stand in settings_table.cpp, which reads and prints each.
struct node_options {
  bool dev = false;                    ///< development mode: users by name, rooms created by use
  bool dev_allow_remote = false;       ///< development mode on an address that others can reach
  bool dev_faults = true;              ///< faults on purpose, in development mode on loopback
  std::vector<std::string> dev_peers;  ///< see development_peer.hpp
  std::string node_name = "n1";
  std::string listen = "127.0.0.1:8080";
  std::string data_dir = "parley-data";  ///< embedded mode only
  std::vector<std::string> postgres;     ///< the first is the home database; none: embedded mode
  std::vector<std::string> redis;
  std::uint32_t shards = 256;
  std::string peer_listen;     ///< HOST:PORT; empty: no links to other nodes
  std::string peer_advertise;  ///< what other nodes are told to dial; empty: what `peer_listen` says
  std::string peer_authority;  ///< PEM files of the links' mutual TLS: all three or none
  std::string peer_certificate;
  std::string peer_key;
  std::vector<std::string> origins;
  std::string log_level = "info";
  std::uint32_t io_threads = 0;     ///< 0: one per core
  std::uint32_t actor_threads = 0;  ///< 0: one per core, at least 2
  std::size_t connections_per_user = 20;
  std::size_t connections_per_address = 200;
  bool checked = false;
  seconds dedup_window{86'400};
  milliseconds drain_timeout{10'000};
  milliseconds head_period{30'000};  ///< 0: never

  bool is_embedded() const { return postgres.empty(); }
};

}  // namespace parley
