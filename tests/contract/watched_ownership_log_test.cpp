// What a development node knows of who owns what: rows as they are now, names as the last renewal saw them.
#include "storage/faults/watched_ownership_log.hpp"

#include <catch2/catch.hpp>

#include <optional>

using namespace parley;

namespace {

struct played_ownership final : ownership_log {
  void renew(node_identity, lease_wish, completion<lease_renewal> done) override { done(renewal); }
  void survey(completion<std::vector<shard_row>> done) override { done(rows); }
  void departed(completion<std::vector<shard_id>> done) override { done(std::vector<shard_id>{shard_id{7}}); }
  void claim(node_identity, std::vector<shard_claim>, completion<std::vector<claimed_shard>> done) override {
    done({});
  }
  void yield(node_identity, std::vector<owned_shard> shards, completion<std::size_t> done) override {
    done(shards.size());
  }
  void release(node_identity, completion<std::size_t> done) override { done(std::size_t{9}); }

  result<lease_renewal> renewal = error{errc::unavailable, "not yet"};
  result<std::vector<shard_row>> rows = std::vector<shard_row>{};
};

shard_row row_of(std::uint32_t shard, std::string owner, bool has_lease) {
  shard_row row{shard_id{shard}, std::move(owner), term{1}, {}};
  row.has_lease = has_lease;
  return row;
}

struct stage {
  played_ownership beneath;
  watched_ownership_log log{beneath};

  void renew() {
    log.renew({"n1", "a"}, {}, [](auto) {});
  }
  result<std::string> owner_of(std::uint32_t shard) {
    std::optional<result<std::string>> found;
    log.owner_of(shard_id{shard}, [&](auto name) { found = std::move(name); });
    return *found;
  }
};

}  // namespace

TEST_CASE("an owner is named by its row and the last renewal's list of nodes", "[contract][faults]") {
  stage s;
  s.beneath.rows = std::vector{row_of(3, "a", true), row_of(4, "b", true), row_of(5, "b", false), row_of(6, "", true)};
  CHECK(*s.owner_of(3) == "");  // no renewal has named it yet
  s.renew();                    // and one that failed changes nothing
  CHECK(s.log.nodes().empty());
  s.beneath.renewal = lease_renewal{{}, 1, {{{"n1", "a"}, "", false, true, 1}, {{"n2", "b"}, "", false, true, 1}}};
  s.renew();
  CHECK(s.log.nodes().size() == 2);
  CHECK(*s.owner_of(3) == "n1");
  CHECK(*s.owner_of(4) == "n2");
  CHECK(*s.owner_of(5) == "");  // its lease has ended
  CHECK(*s.owner_of(6) == "");  // free
  CHECK(*s.owner_of(7) == "");  // no row: it lives in another database
  s.beneath.renewal = error{errc::unavailable, "gone"};
  s.renew();
  CHECK(*s.owner_of(4) == "n2");
  s.beneath.rows = error{errc::unavailable, "gone"};
  CHECK(s.owner_of(4).error().code == errc::unavailable);
}

TEST_CASE("everything else passes as it is", "[contract][faults]") {
  stage s;
  s.log.yield({"n1", "a"}, {{shard_id{1}, term{1}}}, [](auto freed) { CHECK(*freed == 1); });
  s.log.release({"n1", "a"}, [](auto freed) { CHECK(*freed == 9); });
  s.log.claim({"n1", "a"}, {}, [](auto won) { CHECK(won->empty()); });
  s.log.survey([](auto rows) { CHECK(rows->empty()); });
  s.log.departed([](auto shards) { CHECK(shards->size() == 1); });
}
