#pragma once

#include "net/peer/peer_codec.hpp"
#include "net/peer/peer_end.hpp"

#include <optional>
#include <string>
#include <vector>

/// What the two hellos of a link must say. The dialler speaks first and names the process that it looks for.
namespace parley::net {

/// What a node knows of itself.
struct peer_self {
  std::string cluster_id;
  node_identity node;
  std::uint32_t shards = 0;
};

/// The DNS names of the other end's certificate; none: a plain link, on loopback.
using certified_names = std::optional<std::vector<std::string>>;

/// Compared exactly: a node's name is no pattern, and has one spelling.
bool carries(const certified_names& names, const std::string& node);

peer_hello hello_to(const peer_self& self, const node_identity& wanted);
peer_hello answer_of(const peer_self& self);

/// The acceptor's judgement. @returns why the link is refused; none: it may open
std::optional<peer_end> refuse_dialler(const peer_self& self, const peer_hello& said, const certified_names& names);
/// The dialler's, of the answer.
std::optional<peer_end> refuse_answer(const peer_self& self, const node_identity& wanted, const peer_hello& said,
                                      const certified_names& names);

}  // namespace parley::net
