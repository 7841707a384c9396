#pragma once

#include "actors/ports/fan_out.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace parley::fidelity {

/// Where a scenario of the live path is played: a node that publishes (0), one that reads (1), one Redis between them.
class channel_stage {
public:
  virtual ~channel_stage() = default;

  virtual fan_out& of(std::size_t node) = 0;
  /// All that the node's sink was told, in order: `restored`, `lost`, `subscribed ROOM`, `ROOM/SEQ`, `beacon SHARD/N`.
  virtual std::vector<std::string> told(std::size_t node) = 0;
  virtual bool wait(const std::function<bool()>& condition) = 0;

  /// CLIENT KILL TYPE pubsub: of both nodes.
  virtual void kill_subscribers() = 0;
  /// CLIENT KILL TYPE normal.
  virtual void kill_publishers() = 0;
  virtual void stop_server() = 0;  ///< SIGKILL
  virtual void start_server() = 0;
  virtual void freeze_server() = 0;  ///< SIGSTOP
  virtual void thaw_server() = 0;
  /// The reading node takes nothing off its socket any more, until it goes on.
  virtual void freeze_reader() = 0;
  virtual void thaw_reader() = 0;
  /// How many subscribing connections the server has.
  virtual std::size_t subscribers() = 0;
};

/// A reader for which more waits than this is cut off by the server.
std::unique_ptr<channel_stage> model_channels(std::uint64_t seed);
std::unique_ptr<channel_stage> real_channels();

}  // namespace parley::fidelity
