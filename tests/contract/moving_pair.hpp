#pragma once

#include "node/ctl/data_mover.hpp"
#include "storage/postgres/shard_map.hpp"
#include "tests/contract/postgres_faults.hpp"

#include <string>
#include <vector>

namespace parley::contract {

/// Two servers, a database of one cluster on each. Shard 2 lives in the first one, by its number; `ana` owns it.
struct moving_pair {
  static testing::private_postgres& second_server() {
    static testing::private_postgres server;
    return server;
  }
  static constexpr std::uint32_t shard = 2;
  static constexpr std::size_t there = 1;  // the second database's place

  moving_pair() {
    const auto id = shared_server().execute("SELECT id FROM parley.cluster", a->name())[0][0];
    second_server().execute("UPDATE parley.cluster SET id = '" + id + "'", b->name());
    b->reopen();
    shard_map lists{{impatient(), impatient()}, {"r:1"}};
    lists.databases[0].dsn = shared_server().dsn(a->name());
    lists.databases[1].dsn = second_server().dsn(b->name());
    std::size_t place = 0;
    REQUIRE_FALSE(agree_on_shard_map(lists, place));
    owner(*b, "n1", {});  // it knows both databases
  }

  std::vector<std::string> dsns() const { return {shared_server().dsn(a->name()), second_server().dsn(b->name())}; }
  ctl::cluster opened() const { return ctl::cluster(dsns(), ctl::cluster::care::mending); }
  ctl::data_mover::outcome move(std::size_t to = there) const {
    auto where = opened();
    ctl::keep_places(where.home(), 2, 8);
    return ctl::data_mover(where, shard, to, [](const std::string&) {}).run(seconds{5});
  }
  void move_back_out() const {
    auto where = opened();
    ctl::data_mover(where, shard, there, [](const std::string&) {}).run_back();
  }
  std::size_t placed_at() const { return opened().places().at(shard); }

  static std::size_t give_back(postgres_store& where, const owner& who) {
    return value_of<std::size_t>([&](auto done) {
      where.ownership().yield(who.node(), {{shard_id{shard}, who.term_of(shard)}}, std::move(done));
    });
  }
  /// Its row as storage has it: the survey shows only what lives there.
  static std::vector<std::string> raw_row(const postgres_store& where, testing::private_postgres& server) {
    return server.execute("SELECT owner, term, n, coalesce(moved_to, '') FROM parley.shard WHERE shard = 2",
                          where.name())[0];
  }
  /// Can a node that holds the map's former or next version claim it there?
  static bool can_be_claimed(postgres_store& where, testing::private_postgres& server) {
    const auto row = raw_row(where, server);
    const auto answer =
        claim(where, node_named("thief"), {{shard_id{shard}, row[0], term{std::stoull(row[1])}, term{}}});
    return answer.at(0).is_won;
  }
  bool is_claimable_in_a() const { return can_be_claimed(*a, shared_server()); }
  bool is_claimable_in_b() const { return can_be_claimed(*b, second_server()); }

  std::unique_ptr<postgres_store> a = fresh(shared_server());
  std::unique_ptr<postgres_store> b = fresh(second_server());
  owner ana{*a, "n1", {shard}};
  room_ref general = room_named("general", shard);
};

}  // namespace parley::contract
