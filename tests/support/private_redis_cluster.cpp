#include "tests/support/private_redis_cluster.hpp"

#include "tests/support/eventually.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace parley::testing {
namespace {

constexpr std::size_t masters = 3;

void must(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(std::string("Redis Cluster: ") + what);
}

void say(const private_redis& to, std::initializer_list<std::string_view> words) {
  const auto answer = to.command(words);
  if (answer != "OK") throw std::runtime_error("Redis Cluster: " + answer);
}

}  // namespace

private_redis_cluster::private_redis_cluster() {
  for (std::size_t i = 0; i < servers; ++i) {
    const auto bus = std::to_string(free_port());
    // No replica is too old to be promoted, and none changes its master by itself.
    servers_.push_back(std::make_unique<private_redis>(std::initializer_list<std::string_view>{
        "--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", "1000",
        "--cluster-replica-validity-factor", "0", "--cluster-allow-replica-migration", "no",
        "--repl-diskless-sync-delay", "0", "--enable-debug-command", "yes"}));
    ids_.push_back(servers_[i]->command({"CLUSTER", "MYID"}));
    say(*servers_[i], {"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
    if (i >= masters) continue;
    const auto first = std::to_string(16384 * i / masters), last = std::to_string(16384 * (i + 1) / masters - 1);
    say(*servers_[i], {"CLUSTER", "ADDSLOTSRANGE", first, last});
  }
  for (std::size_t i = 1; i < servers; ++i) {
    const auto where = servers_[i]->where();
    const auto bus = servers_[i]->command({"CONFIG", "GET", "cluster-port"});
    const auto colon = where.rfind(':');
    say(*servers_[0],
        {"CLUSTER", "MEET", where.substr(0, colon), where.substr(colon + 1), bus.substr(bus.rfind(' ') + 1)});
  }
  must(eventually([this] {
         for (std::size_t i = 0; i < servers; ++i)
           if (seen_by(i).size() != servers) return false;
         return true;
       }),
       "the servers do not meet");
  for (std::size_t i = masters; i < servers; ++i) say(*servers_[i], {"CLUSTER", "REPLICATE", ids_[i - masters]});
  make_whole();
}

std::string private_redis_cluster::url() const {
  std::string all;
  for (const auto& each : servers_) all += (all.empty() ? "redis+cluster://" : ",") + each->where();
  return all;
}

void private_redis_cluster::make_whole() {
  for (auto& each : servers_) {
    each->resume();
    if (!each->is_alive()) each->restart();
  }
  must(eventually([this] { return is_whole(); }), "it does not become whole");
}

std::size_t private_redis_cluster::master_of(std::uint16_t slot) {
  for (const auto& each : seen_by_one())
    for (const auto& [first, last] : each.slots)
      if (slot >= first && slot <= last) return each.server;
  throw std::runtime_error("Redis Cluster: nobody has the slot");
}

std::size_t private_redis_cluster::replica_of(std::size_t master) {
  for (const auto& each : seen_by_one())
    if (each.master == ids_[master]) return each.server;
  throw std::runtime_error("Redis Cluster: no replica");
}

std::size_t private_redis_cluster::another_master(std::uint16_t slot) {
  const auto own = master_of(slot);
  for (const auto& each : seen_by_one())
    if (each.is_master && each.server != own) return each.server;
  throw std::runtime_error("Redis Cluster: no other master");
}

std::size_t private_redis_cluster::maps_told() const {
  constexpr std::string_view name = "cmdstat_cluster|slots:calls=";
  std::size_t all = 0;
  for (const auto& each : servers_) {
    const auto stats = each->command({"INFO", "commandstats"});
    if (const auto at = stats.find(name); at != std::string::npos) all += std::stoul(stats.substr(at + name.size()));
  }
  return all;
}

void private_redis_cluster::promote(std::size_t replica) {
  const auto is_master = [&] { return servers_[replica]->command({"ROLE"}).starts_with("master"); };
  for (int i = 0; i < 10; ++i) {
    say(*servers_[replica], {"CLUSTER", "FAILOVER", "FORCE"});
    // The others elect nobody of a master's for a while after they have: then it has to be told again.
    if (eventually(is_master, std::chrono::seconds{6})) return;
  }
  must(false, "the replica is not promoted");
}

void private_redis_cluster::move_slot(std::uint16_t slot, std::size_t to) {
  const auto from = master_of(slot);
  const auto number = std::to_string(slot);
  say(*servers_[to], {"CLUSTER", "SETSLOT", number, "IMPORTING", ids_[from]});
  say(*servers_[from], {"CLUSTER", "SETSLOT", number, "MIGRATING", ids_[to]});
  // Once the source gives its last slot away it may turn into a replica: the order is redis-cli's.
  std::vector<std::size_t> order{to, from};
  for (const auto& each : seen_by(to))
    if (each.is_master && each.server != to && each.server != from) order.push_back(each.server);
  for (const auto each : order) say(*servers_[each], {"CLUSTER", "SETSLOT", number, "NODE", ids_[to]});
}

std::vector<private_redis_cluster::member> private_redis_cluster::seen_by(std::size_t server) const {
  std::vector<member> all;
  std::istringstream lines(servers_[server]->command({"CLUSTER", "NODES"}));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string address, flags, skipped, range;
    member made;
    words >> made.id >> address >> flags >> made.master >> skipped >> skipped >> skipped >> skipped;
    if (flags.find("handshake") != std::string::npos) return {};
    const auto at = std::ranges::find(ids_, made.id);
    if (at == ids_.end()) return {};
    made.server = static_cast<std::size_t>(at - ids_.begin());
    made.is_master = flags.find("master") != std::string::npos;
    made.is_failing = flags.find("fail") != std::string::npos;
    while (words >> range) {
      if (range.front() == '[') continue;  // one that moves
      const auto dash = range.find('-');
      const auto first = static_cast<unsigned>(std::stoul(range));
      made.slots.emplace_back(
          first, dash == std::string::npos ? first : static_cast<unsigned>(std::stoul(range.substr(dash + 1))));
    }
    all.push_back(std::move(made));
  }
  return all;
}

bool private_redis_cluster::is_whole() const {
  for (std::size_t i = 0; i < servers; ++i) {
    if (servers_[i]->command({"CLUSTER", "INFO"}).find("cluster_state:ok") == std::string::npos) return false;
    const auto all = seen_by(i);
    if (all.size() != servers || std::ranges::any_of(all, [](const auto& m) { return m.is_failing; })) return false;
    for (const auto& each : all) {
      const bool has_replica = std::ranges::any_of(all, [&](const auto& m) { return m.master == each.id; });
      if (each.is_master && (each.slots.empty() || !has_replica)) return false;
      if (each.server != i || each.is_master) continue;
      if (servers_[i]->command({"INFO", "replication"}).find("master_link_status:up") == std::string::npos)
        return false;
    }
  }
  return true;
}

std::vector<private_redis_cluster::member> private_redis_cluster::seen_by_one() const {
  for (std::size_t i = 0; i < servers; ++i)
    if (servers_[i]->is_alive()) return seen_by(i);
  throw std::runtime_error("Redis Cluster: no server lives");
}

}  // namespace parley::testing
