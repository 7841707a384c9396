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

}  // namespace parley::simulation
