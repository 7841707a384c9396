// A server that dies, stands still, or takes no writes.
#include "tests/fidelity/database_compare.hpp"

namespace parley::fidelity {
namespace {

const auto general = room_named("general", 1);

}  // namespace

TEST_CASE("model and server agree on a read-only server", "[fidelity][postgres][G7]") {
  must_agree([](database_play& p) {
    auto a = p.claims(0, "a", {1});
    p.says(a, general, 1);
    p.says(a, general, 2);
    p.stage.set_read_only(true);
    p.says(a, general, 3);
    p.says(a, general, 2);
    p.renews(a, std::chrono::minutes(1));
    p.claims(1, "b", {1});
    p.trims(a, general, a.at(general, 1));
    p.shows(0, general);
    p.shows_shards(1, true);
    const auto recovery = p.asks_to_recover(a, 1, attempt{9}, general);
    p.releases(a);
    p.note(recovery.is_there() ? "answered" : "waits");
    p.stage.set_read_only(false);
    p.ended(a, 1, attempt{9}, recovery);
    p.says(a, general, 3);
    p.shows(1, general);
    p.releases(a);
  });
}

TEST_CASE("model and server agree on a crash in mid-transaction", "[fidelity][postgres][G1][C6]") {
  must_agree(
      [](database_play& p) {
        auto a = p.claims(0, "a", {1});
        p.renews(a, std::chrono::minutes(5));
        p.says(a, general, 1, "k1");
        const auto what = p.batch(a, {p.piece(a, general, a.at(general, 1), {said(2, "two", "k2")})});
        p.stage.keep_next_commit(0, road::writer);
        const auto answer = p.asks_to_append(a, what);
        p.wait([&] { return p.stage.is_locked(shard_id{1}); });
        p.stage.crash();
        p.ended(a, what, answer);
        p.stage.let_commit(0, road::writer);
        // Asked while nobody is there: it comes when the server does.
        const attempt past{what.shards[0].fence.own.value + 3};
        const auto recovery = p.asks_to_recover(a, 1, past, general);
        // Out of reach is said at once, from the first failed attempt on.
        p.wait([&] {
          const auto tried = p.asks_to_append(a, what);
          const auto& r = p.end_of(tried);
          return !r && r.error().code == errc::unavailable;
        });
        p.note(recovery.is_there() ? "answered" : "waits");
        p.stage.restart();
        p.ended(a, 1, past, recovery);
        p.shows(1, general);
        p.says(a, general, 2, "k2");
        p.says(a, general, 3, "k1");
        p.shows(0, general);
        p.shows_shards(0, true);
      },
      10, server::struck);
}

TEST_CASE("of a server that dies at any moment the model knows every end", "[fidelity][postgres][G1][C6]") {
  must_be_possible(
      [](database_play& p) {
        auto a = p.claims(0, "a", {1});
        p.says(a, general, 1);
        const auto what = p.batch(a, {p.piece(a, general, a.at(general, 1), {said(2, "two", "k2")})});
        const auto answer = p.asks_to_append(a, what);
        p.stage.dawdle();
        p.stage.crash();
        p.ended(a, what, answer);
        p.stage.restart();
        if (!answer.get() && answer.get().error().code == errc::outcome_unknown)
          p.recovers(a, general, what.shards[0].fence.own);
        p.shows(1, general);
      },
      3, server::struck);
}

}  // namespace parley::fidelity
