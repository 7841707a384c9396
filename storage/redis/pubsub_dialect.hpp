#pragma once

#include <string_view>

namespace parley {

/// The words of Redis that carry channels: those of one server, and those of a Redis Cluster, where a channel lives on
/// the master of its slot (sharded pub/sub, Redis 7.0).
struct pubsub_dialect {
  std::string_view publish, subscribe, unsubscribe;
  std::string_view message, subscribed, unsubscribed;  ///< how pushes begin
  /// All channels of a command are of one slot; a server may refuse a command (`redirection`) and end a subscription by
  /// itself. So a PING follows each command: what it is answered by lies before the PING's answer.
  bool is_sharded;
};

constexpr pubsub_dialect plain_pubsub{"PUBLISH",   "SUBSCRIBE",   "UNSUBSCRIBE", "message",
                                      "subscribe", "unsubscribe", false};
constexpr pubsub_dialect sharded_pubsub{"SPUBLISH",     "SSUBSCRIBE", "SUNSUBSCRIBE", "smessage", "ssubscribe",
                                        "sunsubscribe", true};

}  // namespace parley
