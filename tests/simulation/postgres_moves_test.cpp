#include "tests/simulation/agenda.hpp"
#include "tests/simulation/postgres_model.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <optional>

namespace parley::simulation {
namespace {

constexpr shard_id moved{2};
const node_identity owner{"n1", "n1-life"};

/// One database and a link to it that nothing befalls.
struct stage {
  /// Runs what is due until the statement was answered.
  template <class Answer>
  Answer asked(std::function<void(postgres_model::reply<Answer>)> statement) {
    std::optional<Answer> got;
    statement([&](result<Answer> answer) { got = std::move(*answer); });
    while (!got && time.step()) {
    }
    REQUIRE(got);
    return *got;
  }
  term claim() {
    const auto won = asked<std::vector<claimed_shard>>([&](auto done) {
      database.claim(link, owner, {{moved, "", term{0}, term{0}}}, std::move(done));
    });
    REQUIRE(won.at(0).is_won);
    return won[0].term;
  }
  std::size_t yield(term under) {
    return asked<std::size_t>([&](auto done) { database.yield(link, owner, {{moved, under}}, std::move(done)); });
  }

  agenda time{7};
  postgres_model database{time, 1, 4};
  backend_ptr link = database.open();
};

}  // namespace

TEST_CASE("a shard is frozen for its move only once its owner has given it back", "[simulation][move][G3]") {
  stage s;
  const auto under = s.claim();
  CHECK_FALSE(s.database.freeze(moved, "elsewhere"));
  CHECK_FALSE(s.database.is_elsewhere(moved));
  REQUIRE(s.yield(under) == 1);
  CHECK(s.database.freeze(moved, "elsewhere"));
  CHECK(s.database.is_elsewhere(moved));
}

TEST_CASE("a shard that departed is no row of the survey; one that is only arriving has not departed",
          "[simulation][move]") {
  stage s;
  CHECK(s.database.survey().size() == 4);
  s.database.set_moved_to(moved, "arriving from elsewhere");
  CHECK(s.database.survey().size() == 3);
  CHECK(s.database.departed().empty());
  s.database.set_moved_to(moved, "elsewhere");
  CHECK(s.database.departed() == std::vector<shard_id>{moved});
}

TEST_CASE("a shard that is taken has another owner under a higher term, and may be claimed again", "[simulation][G7]") {
  stage s;
  const auto under = s.claim();
  s.database.take(moved);
  const auto taken = s.database.shard(moved);
  CHECK(taken.owner != owner.incarnation);
  CHECK(taken.term > under);
  CHECK(s.yield(under) == 0);
  const auto won = s.asked<std::vector<claimed_shard>>([&](auto done) {
    s.database.claim(s.link, owner, {{moved, taken.owner, taken.term, term{0}}}, std::move(done));
  });
  CHECK(won.at(0).is_won);
  CHECK(won[0].term > taken.term);
}

TEST_CASE("a shard that somebody holds, that departed or that is closed for a move is not taken",
          "[simulation][move]") {
  const auto is_left_alone_after = [](auto what) {
    stage s;
    const auto under = s.claim();
    what(s);
    s.database.take(moved);
    return s.database.shard(moved).term == under;
  };
  CHECK(is_left_alone_after([](stage& s) { s.database.lock(moved, true); }));
  CHECK(is_left_alone_after([](stage& s) { s.database.set_moved_to(moved, "elsewhere"); }));
  CHECK(is_left_alone_after([](stage& s) { s.database.close(moved, milliseconds{1000}); }));
}

}  // namespace parley::simulation
