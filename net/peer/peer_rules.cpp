#include "net/peer/peer_rules.hpp"

#include <algorithm>

namespace parley::net {
namespace {

std::optional<peer_end> refuse_stranger(const peer_self& self, const peer_hello& said) {
  if (said.version != peer_version) return peer_end::version;
  if (said.cluster_id != self.cluster_id) return peer_end::cluster;
  if (said.shards != self.shards) return peer_end::shards;
  return {};
}

}  // namespace

bool carries(const certified_names& names, const std::string& node) {
  return !names || std::ranges::find(*names, node) != names->end();
}

peer_hello hello_to(const peer_self& self, const node_identity& wanted) {
  return {peer_version, self.cluster_id, self.node, wanted.incarnation, self.shards};
}

peer_hello answer_of(const peer_self& self) { return {peer_version, self.cluster_id, self.node, {}, self.shards}; }

std::optional<peer_end> refuse_dialler(const peer_self& self, const peer_hello& said, const certified_names& names) {
  if (const auto why = refuse_stranger(self, said)) return why;
  if (!carries(names, said.speaker.name)) return peer_end::node;
  // An address may have passed on to another node, or to a later life of this one: then the dialler's rows are old.
  if (said.wanted_incarnation != self.node.incarnation) return peer_end::incarnation;
  return {};
}

std::optional<peer_end> refuse_answer(const peer_self& self, const node_identity& wanted, const peer_hello& said,
                                      const certified_names& names) {
  if (const auto why = refuse_stranger(self, said)) return why;
  if (said.speaker.name != wanted.name || !carries(names, said.speaker.name)) return peer_end::node;
  if (said.speaker.incarnation != wanted.incarnation) return peer_end::incarnation;
  return {};
}

}  // namespace parley::net
