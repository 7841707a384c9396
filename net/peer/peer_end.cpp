#include "net/peer/peer_end.hpp"

namespace parley::net {
namespace {

struct row {
  std::string_view word, text;
};

row row_of(peer_end why) {
  switch (why) {
    case peer_end::stopped: return {"stopped", "this node closed the link"};
    case peer_end::lost: return {"lost", "the connection was lost"};
    case peer_end::silent: return {"silent", "no sign of life"};
    case peer_end::slow: return {"slow", "the handshake took too long"};
    case peer_end::unreachable: return {"unreachable", "cannot be connected to"};
    case peer_end::crowded: return {"crowded", "too many connections at once"};
    case peer_end::not_secure: return {"not_secure", "TLS failed: no TLS, or no certificate of this cluster"};
    case peer_end::not_loopback: return {"not_loopback", "a link without TLS must stay on the loopback interface"};
    case peer_end::not_a_link: return {"not_a_link", "no upgrade to a link between nodes"};
    case peer_end::not_understood: return {"not_understood", "a frame that no node of this version sends"};
    case peer_end::version: return {"version", "another version of the schema between nodes"};
    case peer_end::cluster: return {"cluster", "a node of another cluster"};
    case peer_end::shards: return {"shards", "another number of shards"};
    case peer_end::incarnation: return {"incarnation", "another process than the one that was looked for"};
    case peer_end::node: return {"node", "not the node that its certificate or its lease names"};
    case peer_end::not_taken: return {"not_taken", "this node does not take the link"};
  }
  return {"lost", "the connection was lost"};
}

}  // namespace

std::string_view word_of(peer_end why) { return row_of(why).word; }
std::string_view text_of(peer_end why) { return row_of(why).text; }

std::optional<peer_end> end_of(std::string_view text) {
  for (std::size_t n = 0; n < peer_end_count; ++n)
    if (const auto why = static_cast<peer_end>(n); text_of(why) == text) return why;
  return {};
}

}  // namespace parley::net
