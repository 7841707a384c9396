// Another history behind the same address (C7): what the adapter says of appends that were sent to the former one.
#include "tests/contract/postgres_faults.hpp"
#include "tests/support/relay.hpp"

namespace parley::contract {
namespace {

using testing::relay;

/// A database with one room and one event, behind a relay, and its promoted copy, which the address leads to next.
struct given_failover {
  given_failover() {
    auto options = impatient();
    options.connect_timeout = milliseconds{10000};  // nothing here is about how fast a server lets one in
    const auto name = before.create_database();
    way.emplace(before.port(), relay::options{true, 1, {}});
    options.dsn = "host=127.0.0.1 port=" + std::to_string(way->port()) + " user=parley dbname=" + name +
                  " sslmode=disable gssencmode=disable";
    store = std::make_unique<postgres_store>(before, name, options);
    ana.emplace(*store, "n1", std::initializer_list<std::uint32_t>{1});
    ana->say(room, {said(1, "one")});
    before.stop();
    after.emplace(testing::private_postgres::promoted{before});
    before.start();
    await_reads(*store, room);
    await_writes(*ana, room, 2);  // what follows was never in the copy
  }
  std::size_t sessions_after() const {
    return after->execute("SELECT 1 FROM pg_stat_activity WHERE datname = '" + store->name() + "'").size();
  }
  /// An append that the former server commits, and whose answer is lost. @returns its attempt id
  attempt lose_an_append() {
    way->lose_reply(relay::role::writer);
    const auto own = ana->fence(1).own;
    auto lost = start(*store, ana->batch_of({ana->append_of(room, ana->at(1, 2), {said(3, "lost", "key")})}));
    CHECK(end_of(lost).error().code == errc::outcome_unknown);
    return own;
  }

  const room_ref room = room_named("general", 1);
  testing::private_postgres before;
  std::optional<testing::private_postgres> after;
  std::optional<relay> way;
  std::unique_ptr<postgres_store> store;
  std::optional<owner> ana;
};

}  // namespace

TEST_CASE("a recovery that finds another history than its append was sent to is not the owner's any more",
          "[contract][postgres][C6][C7][G2]") {
  given_failover f;
  f.way->retarget(f.after->port());
  const auto own = f.lose_an_append();
  const auto found = recover_one(*f.store, *f.ana, 1, attempt{own.value + 10}, {f.room});
  CHECK_FALSE(found.shards.at(0).is_owner);
}

TEST_CASE("it is so too where another connection met the new history before the append was sent",
          "[contract][postgres][C6][C7][G2]") {
  given_failover f;
  f.way->retarget(f.after->port());
  f.way->lose_near(relay::role::reader);
  REQUIRE(testing::eventually([&] { return f.sessions_after() > 0; }));
  await_reads(*f.store, f.room);
  const auto own = f.lose_an_append();  // its connection still leads to the former server
  CHECK(f.before.execute("SELECT 1 FROM parley.event WHERE seq = 3", f.store->name()).size() == 1);
  const auto found = recover_one(*f.store, *f.ana, 1, attempt{own.value + 10}, {f.room});
  CHECK_FALSE(found.shards.at(0).is_owner);
  CHECK(found.heads.at(0).head == f.ana->at(1, 1));
}

TEST_CASE("a recovery in the history that its append was sent to is the owner's", "[contract][postgres][C6]") {
  given_failover f;
  const auto own = f.lose_an_append();
  const auto found = recover_one(*f.store, *f.ana, 1, attempt{own.value + 10}, {f.room});
  CHECK(found.shards.at(0).is_owner);
  CHECK(found.shards[0].found == own);
}

}  // namespace parley::contract
