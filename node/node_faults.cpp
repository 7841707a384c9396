#include "node/node_faults.hpp"

#include "actors/room_identity.hpp"
#include "net/front_options.hpp"
#include "node/listen_address.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <utility>

namespace parley {

bool allows_faults(const node_options& options) {
  const auto where = parse_listen_address(options.listen);
  return options.dev && options.dev_faults && where && where->address().is_loopback();
}

std::unique_ptr<node_faults> open_faults(const node_options& options, const node_identity& self, stores& beneath,
                                         log& out, metrics& counted) {
  if (!allows_faults(options)) return nullptr;
  return std::make_unique<node_faults>(options, self, net::front_options{}.instance, beneath, out, counted);
}

node_faults::node_faults(const node_options& options, const node_identity& self, std::string instance, stores& beneath,
                         log& out, metrics& counted)
    : self_(self),
      instance_(std::move(instance)),
      shards_(static_cast<std::uint32_t>(beneath.routes().size())),
      out_(out),
      databases_(beneath.databases()) {
  for (const auto& text : options.dev_peers) {
    auto peer = parse_development_peer(text).value();
    if (peer.node != self.name) peers_.push_back(std::move(peer));
  }
  for (auto& one : databases_) {
    reads_.push_back(std::make_unique<delayed_event_log>(*one.log, thread_.io));
    ownership_.push_back(std::make_unique<watched_ownership_log>(*one.owners));
    one.reads = reads_.back().get();
    one.owners = ownership_.back().get();
  }
  for (auto* one : beneath.endpoints()) endpoints_.push_back(std::make_unique<gated_fan_out>(*one));
  counted.watch("parley_fault_messages_dropped", "Live copies dropped while a development node's fan-out was stopped.",
                [this] {
                  std::uint64_t sum = 0;
                  for (const auto& one : endpoints_) sum += one->dropped();
                  return static_cast<double>(sum);
                });
}

std::vector<fan_out*> node_faults::endpoints() const {
  std::vector<fan_out*> all;
  for (const auto& one : endpoints_) all.push_back(one.get());
  return all;
}

void node_faults::stop() {
  for (const auto& one : reads_) one->stop();
  thread_.finish();
}

net::development_faults::standing node_faults::now() const {
  standing found;
  found.history_delay = reads_.front()->delay();
  found.is_fan_out_running = endpoints_.front()->is_open();
  for (const auto& peer : peers_) found.peers.push_back(peer.address);
  found.may_kill = std::ranges::any_of(ownership_.front()->nodes(), [this](const cluster_node& one) {
    return one.has_lease && !one.is_leaving && one.node.incarnation != self_.incarnation;
  });
  return found;
}

void node_faults::delay_history(milliseconds delay) {
  for (const auto& one : reads_) one->set_delay(delay);
  out_.write(log_level::warn, "fault.history_delay", {{"ms", std::to_string(delay.count())}});
}

void node_faults::run_fan_out(bool is_running) {
  for (const auto& one : endpoints_) one->set_open(is_running);
  out_.write(log_level::warn, "fault.fan_out", {{"state", is_running ? "running" : "stopped"}});
}

void node_faults::owner_of(const std::string& room, completion<room_owner> done) {
  ask_owner(0, identify(instance_, room, shards_)->shard, std::move(done));
}

/// A shard that moved has its row in its own database alone: each is asked until one names an owner.
void node_faults::ask_owner(std::size_t database, shard_id shard, completion<room_owner> done) {
  if (database == ownership_.size()) return done(error{errc::unavailable, "no database names an owner"});
  ownership_[database]->owner_of(shard, [this, database, shard, done = std::move(done)](result<std::string> name) {
    if (name.has_error()) return done(name.error());
    if (name->empty()) return ask_owner(database + 1, shard, done);
    done(room_owner{*name, address_of(*name)});
  });
}

std::string node_faults::address_of(const std::string& node) const {
  if (node == self_.name) return address_;
  const auto found = std::ranges::find(peers_, node, &development_peer::node);
  return found == peers_.end() ? std::string{} : found->address;
}

void node_faults::kill() {
  std::raise(SIGKILL);
  std::abort();  // never reached: nothing outlives SIGKILL
}

}  // namespace parley
