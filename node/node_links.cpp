#include "node/node_links.hpp"

#include "node/listen_address.hpp"
#include "node/refusal_to_start.hpp"

#include <algorithm>
#include <utility>

namespace parley {
namespace {

net::peer_options link_options_of(const configuration& all, const node_identity& self, const std::string& cluster_id) {
  const auto where = parse_listen_address(all.node.peer_listen).value();
  net::peer_options o;
  o.address = where.address().to_string();
  o.port = where.port();
  o.authority = all.node.peer_authority;
  o.certificate = all.node.peer_certificate;
  o.key = all.node.peer_key;
  o.self = {cluster_id, self, all.node.shards};
  o.bounds = net::bounds_for(all.limits.content_bytes);
  o.waiting_bytes_max = std::max(o.waiting_bytes_max, 2 * o.bounds.frame_bytes_max);
  return o;
}

}  // namespace

node_links::node_links(const configuration& all, const node_identity& self, const std::string& cluster_id, log& out,
                       net::peer_probe& probe)
    : mesh_(std::make_unique<net::peer_mesh>(thread_.io, link_options_of(all, self, cluster_id), out, probe)) {
  if (auto why = mesh_->listen(); !why.empty()) throw refusal_to_start(exit_code::cannot_take, std::move(why));
  if (!all.node.peer_advertise.empty()) {
    address_ = all.node.peer_advertise;
    return;
  }
  auto where = parse_listen_address(all.node.peer_listen).value();
  where.port(mesh_->port());
  const auto host = where.address().to_string();
  address_ = (where.address().is_v6() ? '[' + host + ']' : host) + ':' + std::to_string(where.port());
}

void node_links::stop() {
  if (!mesh_) return;
  mesh_->stop();
  thread_.finish();
  mesh_.reset();
}

std::unique_ptr<node_links> open_links(const configuration& all, const node_identity& self,
                                       const std::string& cluster_id, log& out, net::peer_probe& probe) {
  if (all.node.peer_listen.empty()) return nullptr;
  return std::make_unique<node_links>(all, self, cluster_id, out, probe);
}

}  // namespace parley
