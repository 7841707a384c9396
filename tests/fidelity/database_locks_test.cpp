// Rows that somebody else holds: a psql, an append under way, a takeover under way.
#include "tests/fidelity/database_compare.hpp"

namespace parley::fidelity {
namespace {

const auto general = room_named("general", 1), other = room_named("other", 2);

/// An append of node 0 that has run, holds its row, and has not committed.
struct open_append {
  open_append(database_play& p, writer& a)
      : batch(p.batch(a, {p.piece(a, general, a.at(general, 1), {said(2, "open")})})) {
    p.stage.keep_next_commit(0, road::writer);
    answer = p.asks_to_append(a, batch);
    p.wait([&] { return p.stage.is_locked(shard_id{1}); });
  }
  append_batch batch;
  awaited<append_outcome> answer;
};

}  // namespace

TEST_CASE("model and server agree that a locked shard waits alone", "[fidelity][postgres][C3]") {
  must_agree([](database_play& p) {
    auto a = p.claims(0, "a", {1, 2});
    p.stage.lock(shard_id{1});
    p.appends(a, p.batch(a, {p.piece(a, general, {}, {said(1, "one", "k")}), p.piece(a, other, {}, {said(1, "two")})}));
    p.says(a, general, 1);
    // A claim goes on without it after a wait in vain; a release cannot.
    auto b = p.claims(1, "b", {1, 2});
    p.releases(a);
    p.shows_shards(0, true);
    p.stage.unlock(shard_id{1});
    p.says(a, general, 1, "k");
    p.releases(a);
    p.shows_shards(0);
    p.shows(1, other);
    p.says(b, other, 2);
  });
}

TEST_CASE("model and server agree on an append that meets a key which somebody else holds",
          "[fidelity][postgres][C16]") {
  must_agree([](database_play& p) {
    auto a = p.claims(0, "a", {1, 2});
    p.stage.hold(general, seq{1});
    auto both = p.batch(a, {p.piece(a, general, {}, {said(1, "one")}), p.piece(a, other, {}, {said(1, "two")})});
    p.appends(a, both);  // waits in vain, and writes nothing of either shard
    both.is_trial = true;
    p.appends(a, both);
    p.says(a, other, 1);
    const auto waits = p.asks_to_append(a, p.batch(a, {p.piece(a, general, {}, {said(1, "one")})}));
    p.wait([&] { return p.stage.somebody_waits(); });
    p.note(p.stage.is_locked(shard_id{1}) ? "its row is locked" : "its row is free");
    p.stage.let_go(general);
    p.ended(a, p.batch(a, {p.piece(a, general, {}, {said(1, "one")})}), waits);
    p.shows(1, general);
    p.shows(1, other);
  });
}

TEST_CASE("model and server agree that recovery waits for a row as long as it takes", "[fidelity][postgres][C6]") {
  must_agree([](database_play& p) {
    auto a = p.claims(0, "a", {1});
    p.says(a, general, 1);
    p.stage.lock(shard_id{1});
    const auto answer = p.asks_to_recover(a, 1, attempt{9}, general);
    // Far longer than the lock's time-out: other statements come and go meanwhile.
    for (int i = 0; i < 2; ++i) p.claims(1, "b", {1});
    p.note(answer.is_there() ? "answered" : "waits");
    p.stage.unlock(shard_id{1});
    p.ended(a, 1, attempt{9}, answer);
    p.ended(a, 1, attempt{5}, p.asks_to_recover(a, 1, attempt{5}, general));  // `n` does not fall
    p.shows_shards(1);
    auto b = p.claims(1, "b", {1});
    p.ended(a, 1, attempt{20}, p.asks_to_recover(a, 1, attempt{20}, general));
    p.shows_shards(1);
    p.says(a, general, 2);
    p.says(b, general, 2);
  });
}

TEST_CASE("model and server agree on a takeover that meets an append", "[fidelity][postgres][G7][C1]") {
  must_agree([](database_play& p) {
    auto a = p.claims(0, "a", {1, 2});
    p.says(a, general, 1);
    open_append open(p, a);
    const auto claim = p.asks_to_claim(1, "b", {1, 2});
    p.wait([&] { return p.stage.somebody_waits(); });
    p.shows(1, general);  // reads and renewals do not wait
    p.renews(a, std::chrono::minutes(1));
    p.note(claim.is_there() ? "answered" : "waits");
    p.stage.let_commit(0, road::writer);
    p.ended(a, open.batch, open.answer);
    writer b{1, contract::node_named("b"), {}};
    p.ended(b, claim);
    p.shows(1, general);
    p.says(a, general, 3);
    p.says(b, general, 3);
    p.shows_shards(0);
  });
}

TEST_CASE("model and server agree on an append that meets a takeover", "[fidelity][postgres][G7][C1]") {
  must_agree([](database_play& p) {
    auto a = p.claims(0, "a", {1, 2});
    p.says(a, general, 1);
    p.stage.keep_next_commit(1, road::reader);
    const auto claim = p.asks_to_claim(1, "b", {1});
    p.wait([&] { return p.stage.is_locked(shard_id{1}); });
    p.shows_shards(0);  // nobody sees what is not committed
    p.appends(a, p.batch(a, {p.piece(a, general, a.at(general, 1), {said(2, "two")}),
                             p.piece(a, other, {}, {said(1, "o")})}));
    p.stage.let_commit(1, road::reader);
    writer b{1, contract::node_named("b"), {}};
    p.ended(b, claim);
    p.appends(a, p.batch(a, {p.piece(a, general, a.at(general, 1), {said(2, "two")}),
                             p.piece(a, other, a.at(other, 1), {said(2, "o")})}));
    p.says(b, general, 2);
    p.shows(0, general);
    p.shows_shards(1);
  });
}

TEST_CASE("model and server agree that a yield waits for its rows, and for no others", "[fidelity][postgres][G7]") {
  must_agree([](database_play& p) {
    auto a = p.claims(0, "a", {1, 2, 3});
    writer b{1, contract::node_named("b"), {}};
    p.claims(b, {p.wish_for(1, 4, a.rows.at(1).term)});  // above: terms go by whole seconds, and two may be the same
    p.stage.lock(shard_id{1});
    p.stage.lock(shard_id{4});
    p.yields(a, {3, 1});  // all or nothing
    auto strange = a;
    strange.rows[4] = b.rows[4];
    p.yields(strange, {2, 4});
    p.shows_shards(1);
    p.stage.unlock(shard_id{1});
    p.yields(a, {3, 1});
    p.shows_shards(1);
  });
}

TEST_CASE("model and server agree on a yield that meets a takeover", "[fidelity][postgres][G7]") {
  must_agree([](database_play& p) {
    auto a = p.claims(0, "a", {1, 2});
    p.stage.keep_next_commit(1, road::reader);
    const auto claim = p.asks_to_claim(1, "b", {1});
    p.wait([&] { return p.stage.is_locked(shard_id{1}); });
    const auto yielded = p.asks_to_yield(a, {2, 1});
    p.wait([&] { return p.stage.somebody_waits(); });
    p.stage.let_commit(1, road::reader);
    writer b{1, contract::node_named("b"), {}};
    p.ended(b, claim);
    p.ended(a, yielded);
    p.shows_shards(0);
  });
}

TEST_CASE("model and server agree on a takeover that meets a yield", "[fidelity][postgres][G7]") {
  must_agree([](database_play& p) {
    auto a = p.claims(0, "a", {1, 2});
    p.says(a, general, 1);
    p.stage.keep_next_commit(0, road::writer);
    const auto yielded = p.asks_to_yield(a, {1});
    p.wait([&] { return p.stage.is_locked(shard_id{1}); });
    const auto claim = p.asks_to_claim(1, "b", {1, 2});
    p.wait([&] { return p.stage.somebody_waits(); });
    p.stage.let_commit(0, road::writer);
    p.ended(a, yielded);
    writer b{1, contract::node_named("b"), {}};
    p.ended(b, claim);  // it saw the former owner: the next one wins
    p.shows_shards(1);
    p.ended(b, p.asks_to_claim(1, "b", {1}));
    p.appends(b, p.batch(b, {p.piece(b, general, a.at(general, 1), {said(2, "two")})}));
    p.shows(0, general);
  });
}

TEST_CASE("of an append and a takeover that race the model knows every end", "[fidelity][postgres][G2][G7]") {
  const auto race = [](bool is_append_first) {
    return [=](database_play& p) {
      auto a = p.claims(0, "a", {1});
      p.says(a, general, 1);
      const auto wish = p.wish_for(1, 1);
      const auto batch = p.batch(a, {p.piece(a, general, a.at(general, 1), {said(2, "race")})});
      writer b{1, contract::node_named("b"), {}};
      const auto asks_to_claim = [&] {
        return p.ask<std::vector<claimed_shard>>([&](auto done) { p.stage.ownership(1).claim(b.who, {wish}, done); });
      };
      awaited<std::vector<claimed_shard>> claim;
      if (!is_append_first) claim = asks_to_claim();
      p.stage.dawdle();
      const auto append = p.asks_to_append(a, batch);
      if (is_append_first) claim = asks_to_claim();
      p.end_of(append);
      p.ended(b, claim);
      p.ended(a, batch, append);
      p.shows(1, general);
    };
  };
  must_be_possible(race(true), 6, server::spared, race(false));  // a slow machine may send the append long after
}

}  // namespace parley::fidelity
