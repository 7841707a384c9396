// Links that break at chosen moments, backends that stand still or end, and what recovery finds (C6).
#include "tests/fidelity/database_compare.hpp"

namespace parley::fidelity {
namespace {

const auto general = room_named("general", 1);

append_batch second_event(database_play& p, const writer& a) {
  return p.batch(a, {p.piece(a, general, a.at(general, 1), {said(2, "two", "k2")})});
}

/// After the trouble: what recovery finds, that the writer goes on from there, and what is stored.
void goes_on(database_play& p, writer& a, attempt handed_out) {
  p.recovers(a, general, handed_out);
  p.appends(a, second_event(p, a));
  p.appends(a, p.batch(a, {p.piece(a, general, a.at(general, 2), {said(3, "three")})}));
  p.shows(0, general);
  p.shows(1, general);
  p.shows_shards(1);
}

/// An append that has run, holds its row, and has not committed.
awaited<append_outcome> open_append(database_play& p, const writer& a, const append_batch& what) {
  p.stage.keep_next_commit(0, road::writer);
  auto answer = p.asks_to_append(a, what);
  p.wait([&] { return p.stage.is_locked(shard_id{1}); });
  return answer;
}

/// Where the seed, or the operating system, decides when the adapter notices: the second event, by whatever it takes.
void insists(database_play& p, writer& a) {
  const auto what = second_event(p, a);
  const auto answer = p.asks_to_append(a, what);
  p.ended(a, what, answer);
  if (!answer.get() && answer.get().error().code == errc::outcome_unknown)
    p.recovers(a, general, what.shards[0].fence.own);
  p.shows(1, general);
}

}  // namespace

TEST_CASE("model and server agree on a statement that the link lost", "[fidelity][postgres][C6]") {
  must_agree([](database_play& p) {
    auto a = p.claims(0, "a", {1});
    p.says(a, general, 1);
    const auto what = second_event(p, a);
    p.stage.lose_statement(0, road::writer);
    p.appends(a, what);
    goes_on(p, a, what.shards[0].fence.own);
  });
}

TEST_CASE("model and server agree on a commit whose answer the link lost", "[fidelity][postgres][C6]") {
  must_agree([](database_play& p) {
    auto a = p.claims(0, "a", {1});
    p.says(a, general, 1);
    const auto what = second_event(p, a);
    p.stage.lose_reply(0, road::writer);
    p.appends(a, what);
    goes_on(p, a, what.shards[0].fence.own);
  });
}

TEST_CASE("model and server agree on a link cut before the commit", "[fidelity][postgres][C6]") {
  must_agree([](database_play& p) {
    auto a = p.claims(0, "a", {1});
    p.says(a, general, 1);
    const auto what = second_event(p, a);
    const auto answer = open_append(p, a, what);
    p.stage.cut(0);
    p.ended(a, what, answer);
    p.wait([&] { return !p.stage.is_locked(shard_id{1}); });
    goes_on(p, a, what.shards[0].fence.own);
  });
}

TEST_CASE("model and server agree on a backend ended in mid-transaction", "[fidelity][postgres][C6]") {
  must_agree([](database_play& p) {
    auto a = p.claims(0, "a", {1});
    p.says(a, general, 1);
    const auto what = second_event(p, a);
    const auto answer = open_append(p, a, what);
    p.stage.terminate(0, road::writer);
    p.ended(a, what, answer);
    p.stage.let_commit(0, road::writer);
    goes_on(p, a, what.shards[0].fence.own);
  });
}

TEST_CASE("model and server agree that recovery waits for the old backend, which commits", "[fidelity][postgres][C6]") {
  must_agree([](database_play& p) {
    auto a = p.claims(0, "a", {1});
    p.says(a, general, 1);
    const auto what = second_event(p, a);
    const auto answer = open_append(p, a, what);
    p.stage.lose_near(0, road::writer);
    p.ended(a, what, answer);
    const attempt past{what.shards[0].fence.own.value + 4};
    const auto recovery = p.asks_to_recover(a, 1, past, general);
    p.wait([&] { return p.stage.somebody_waits(); });
    p.note(recovery.is_there() ? "answered" : "waits");
    p.stage.let_commit(0, road::writer);
    p.ended(a, 1, past, recovery);
    goes_on(p, a, past);
  });
}

TEST_CASE("model and server agree on a late statement that recovery overtook", "[fidelity][postgres][C6][G2]") {
  must_agree(
      [](database_play& p) {
        auto a = p.claims(0, "a", {1});
        p.says(a, general, 1);
        p.stage.freeze(0, road::writer);
        const auto what = second_event(p, a);
        p.appends(a, what);  // given up by the adapter, still in the backend's socket
        p.recovers(a, general, what.shards[0].fence.own);
        p.stage.thaw();
        p.stage.await_thawed();
        p.shows(1, general);
        p.shows_shards(1);
        p.appends(a, second_event(p, a));
        p.shows(0, general);
      },
      5);
}

TEST_CASE("model and server agree on a late statement after a takeover", "[fidelity][postgres][C1][G7]") {
  must_agree(
      [](database_play& p) {
        auto a = p.claims(0, "a", {1});
        p.says(a, general, 1);
        p.stage.freeze(0, road::writer);
        const auto what = second_event(p, a);
        const auto answer = p.asks_to_append(a, what);
        auto b = p.claims(1, "b", {1});
        p.says(b, general, 1);
        p.appends(b, p.batch(b, {p.piece(b, general, a.at(general, 1), {said(2, "heir")})}));
        p.stage.thaw();
        p.ended(a, what, answer);
        p.shows(0, general);
        p.shows_shards(0);
        p.recovers(a, general, what.shards[0].fence.own);
      },
      5);
}

TEST_CASE("model and server agree on a late statement that is still good", "[fidelity][postgres][C6]") {
  must_agree(
      [](database_play& p) {
        auto a = p.claims(0, "a", {1});
        p.says(a, general, 1);
        p.stage.freeze(0, road::writer);
        const auto what = second_event(p, a);
        p.appends(a, what);
        p.stage.thaw();
        p.stage.await_thawed();
        p.shows(1, general);
        goes_on(p, a, what.shards[0].fence.own);
      },
      5);
}

TEST_CASE("model and server agree on lost answers of ownership and retention", "[fidelity][postgres][G7]") {
  must_agree([](database_play& p) {
    writer a{0, contract::node_named("a"), {}};
    p.stage.lose_reply(0, road::control);
    p.renews(a, std::chrono::minutes(1));
    p.renews(a, std::chrono::minutes(1));
    p.stage.lose_statement(0, road::control);
    p.renews(a, std::chrono::minutes(1));
    p.renews(a, std::chrono::minutes(1));
    a = p.claims(0, "a", {1});
    p.says(a, general, 1);
    p.says(a, general, 2);
    p.stage.lose_reply(0, road::writer);
    p.trims(a, general, a.at(general, 1));
    const auto handed_out = a.fence(1).own;
    p.recovers(a, general, handed_out);
    p.shows(1, general);
    p.stage.lose_statement(0, road::writer);
    p.releases(a);
    p.shows_shards(1, true);
    p.stage.lose_reply(0, road::writer);
    p.releases(a);
    p.shows_shards(1, true);
  });
}

TEST_CASE("of idle links that break the model knows every end", "[fidelity][postgres][C6]") {
  must_be_possible([](database_play& p) {
    auto a = p.claims(0, "a", {1});
    p.says(a, general, 1);
    p.stage.terminate(0, road::writer);
    p.stage.dawdle();
    insists(p, a);
  });
  must_be_possible([](database_play& p) {
    auto a = p.claims(0, "a", {1});
    p.says(a, general, 1);
    p.stage.cut(0);
    p.stage.dawdle();
    insists(p, a);
  });
}

TEST_CASE("of a link that breaks somewhere in an append the model knows every end", "[fidelity][postgres][C6]") {
  must_be_possible(
      [](database_play& p) {
        auto a = p.claims(0, "a", {1});
        p.says(a, general, 1);
        const auto what = second_event(p, a);
        const auto answer = p.asks_to_append(a, what);
        p.stage.dawdle();
        p.stage.cut(0);
        p.ended(a, what, answer);
        if (!answer.get() && answer.get().error().code == errc::outcome_unknown)
          p.recovers(a, general, what.shards[0].fence.own);
        p.shows(1, general);
      },
      4);
}

}  // namespace parley::fidelity
