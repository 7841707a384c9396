#include "loadtest/plan/limits.hpp"

#include "loadtest/readable.hpp"

namespace parley::load::planning {
namespace {

// One room has one owner, and its events pass one actor: docs/performance.md, "Plan a cluster".
constexpr double readers_of_a_room_max = 1e6, publishes_of_a_room_max = 5e3;
constexpr double packets_of_a_node_max = 1e6;  ///< per second, where a network card and its kernel begin to matter
constexpr double ports_of_an_address = 60'000;
constexpr double links_of_a_node_max = 200;
constexpr double seconds_a_day = 86'400;

}  // namespace

std::vector<limit> limits_of(const demand& d, const projection& p) {
  std::vector<limit> all;
  all.push_back({"a room past one owner",
                 "a room has one owner. Past about " + readable(readers_of_a_room_max) + " readers or " +
                     readable(publishes_of_a_room_max) +
                     " publishes/s in one room no further machine helps: limit its rate, or put a relay tier before it",
                 d.readers > readers_of_a_room_max});
  all.push_back(
      {"a commit over a WAN",
       "an ack waits for the database's commit: an owner in another region than its primary adds a round trip "
       "to each batch. Keep a shard's owner and its database's primary together",
       false});
  all.push_back({"a zone lost",
                 "a third of the sessions comes back at once: " + readable(p.return_core_s) +
                     " core-seconds of handshakes, " + readable(p.return_s) +
                     " s of all that the other two thirds have spare. Clients must spread their return over minutes",
                 p.return_s > 60});
  all.push_back({"packets",
                 readable(p.deliveries_of_a_node) +
                     " deliveries/s a node, each a packet unless several leave at once, "
                     "and its acknowledgement; all nodes send " +
                     readable(p.traffic_bits / 1e9) + " Gbit/s. TLS is not in these cores",
                 p.deliveries_of_a_node > packets_of_a_node_max});
  all.push_back({"ports",
                 readable(p.sessions_of_a_node) +
                     " sessions a node: a descriptor each; behind a proxy, a port of each pair of addresses (about " +
                     readable(ports_of_an_address) +
                     " of one), so that it needs several; conntrack, where it is on, "
                     "needs as many entries",
                 p.sessions_of_a_node > ports_of_an_address});
  all.push_back(
      {"the mesh",
       readable(p.mesh_links) + " links between " + readable(p.nodes) + " nodes, " + readable(p.databases) +
           " databases and " + readable(p.redis_endpoints) +
           " endpoints: this grows with the nodes' square unless shards are placed so that few nodes need few "
           "of them",
       p.mesh_links / p.nodes > links_of_a_node_max});
  all.push_back({"retention",
                 as_bytes(p.stored_bytes * seconds_a_day) +
                     " a day are stored: what is kept, and for how long, decides the cost of the disks",
                 p.stored_bytes * seconds_a_day > 1e12});
  return all;
}

}  // namespace parley::load::planning
