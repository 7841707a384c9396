#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace parley::net {

/// Why a link, or an attempt at one, ended. Each has a word for metrics and a constant text for people.
enum class peer_end : std::uint8_t {
  stopped,         ///< by us
  lost,            ///< the connection broke, or the other end closed it without a word
  silent,          ///< no sign of life, or a write that does not end, for `patience.silence`
  slow,            ///< a step of the handshake took too long
  unreachable,     ///< nobody could be connected to
  crowded,         ///< too many strangers, or links, at once
  not_secure,      ///< TLS failed: not TLS, or a certificate that the cluster's authority did not make
  not_loopback,    ///< plain, and one end is on another machine
  not_a_link,      ///< no upgrade to a link
  not_understood,  ///< a frame that no node of this version sends
  version,
  cluster,
  shards,
  incarnation,  ///< another process than the one that was looked for
  node,         ///< another node, or a certificate that does not carry the node's name
  not_taken,    ///< this node takes no links, or not this one
};
inline constexpr std::size_t peer_end_count = static_cast<std::size_t>(peer_end::not_taken) + 1;

/// The value of the label `why`.
std::string_view word_of(peer_end why);
/// For logs, and for the other end's logs.
std::string_view text_of(peer_end why);
/// Which of our own texts this is: what the other end says is believed only where it is one of them.
std::optional<peer_end> end_of(std::string_view text);

}  // namespace parley::net
