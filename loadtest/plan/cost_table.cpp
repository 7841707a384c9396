#include "loadtest/plan/cost_table.hpp"

#include <array>

namespace parley::load::planning {

std::span<const cost_entry> cost_entries() {
  static constexpr std::array<cost_entry, 13> entries{{
      {"idle", "us/s", &costs::idle_us_per_s, "idle CPU grows with the sessions, however many a node holds"},
      {"deliver", "us", &costs::deliver_us,
       "delivery CPU grows with the deliveries; in truth a send costs more the more sockets a node holds (bare sends "
       "of "
       "160 B on loopback: 3.3 us at 10 sockets, 6.9 at 1,000, 9.7 at 8,000) and less where several events leave at "
       "once"},
      {"publish", "us", &costs::publish_us,
       "publish CPU grows with the publishes; in truth a publish through another node than the owner's costs a link's "
       "work too"},
      {"join", "us", &costs::join_us,
       "join CPU grows with the joins, each answered from a window in memory; one that reads storage costs the "
       "database "
       "too"},
      {"handshake", "us", &costs::handshake_us, "CPU of handshakes grows with the sessions that come back"},
      {"session", "bytes", &costs::session_bytes, "memory grows with the sessions, each with one room"},
      {"kernel", "bytes", &costs::kernel_bytes, nullptr},
      {"room", "bytes", &costs::room_bytes, "memory grows with the rooms that are read, each counted once on one node"},
      {"postgres_factor", "x", &costs::postgres_factor, "vacuum, standbys and reads grow with the writes' CPU"},
      {"stored", "bytes", &costs::stored_bytes, "storage grows with the events; long texts are not counted"},
      {"wal", "bytes", &costs::wal_bytes, "WAL grows with the events; full-page images after a checkpoint do not"},
      {"redis", "us", &costs::redis_us, "Redis CPU grows with the copies, one for each node that holds readers"},
      {"wire", "bytes", &costs::wire_bytes, "traffic grows with the deliveries; coalesced ones share headers"},
  }};
  return entries;
}

}  // namespace parley::load::planning
