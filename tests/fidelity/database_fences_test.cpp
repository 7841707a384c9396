// What a statement finds, where nothing breaks.
#include "tests/fidelity/database_compare.hpp"

namespace parley::fidelity {
namespace {

const auto general = room_named("general", 1), unused = room_named("unused", 1), other = room_named("other", 2),
           third = room_named("third", 3);

}  // namespace

TEST_CASE("model and server agree on fences", "[fidelity][postgres][G7][C1]") {
  must_agree([](database_play& p) {
    auto a = p.claims(0, "a", {1, 2, 3});
    p.says(a, general, 1, "k1");
    p.says(a, general, 2);
    auto skipped = p.batch(a, {p.piece(a, general, a.at(general, 2), {said(3, "far")})});
    skipped.shards[0].fence.before.value += 5;
    skipped.shards[0].fence.own.value += 5;
    p.appends(a, skipped);
    auto repeated = p.batch(a, {p.piece(a, general, a.at(general, 2), {said(3, "late")})});
    repeated.shards[0].fence.before.value -= 1;
    p.appends(a, repeated);
    auto former = a;
    former.rows[1].term.value -= 1;
    p.says(former, general, 3);
    auto stranger = a;
    stranger.who = contract::node_named("stranger");
    p.says(stranger, general, 3);
    // A gap in the attempts' numbers is no gap in the log.
    auto far = p.batch(a, {p.piece(a, general, a.at(general, 2), {said(3, "three")})});
    far.shards[0].fence.own.value += 7;
    p.appends(a, far);
    p.shows(1, general);
    p.appends(a, {a.who.incarnation, {}});
    p.appends(a, {a.who.incarnation, {{a.fence(2), {}}}});
    p.shows_shards(1);
  });
}

TEST_CASE("model and server agree on a batch of several shards", "[fidelity][postgres][C3]") {
  must_agree([](database_play& p) {
    auto a = p.claims(0, "a", {1, 2, 3});
    auto b = p.claims(1, "b", {2});
    auto mixed =
        p.batch(a, {p.piece(a, third, {}, {said(1, "three", "k")}), p.piece(a, other, {}, {said(1, "two", "k")}),
                    p.piece(a, general, {}, {said(1, "one", "k"), said(2, "one more")})});
    p.appends(a, mixed);
    for (const auto& room : {general, other, third}) p.shows(0, room);
    auto again = p.batch(a, {p.piece(a, third, a.at(third, 1), {said(2, "again")}),
                             p.piece(a, general, a.at(general, 2), {said(3, "again")})});
    again.shards[0].fence.before.value += 1;
    again.shards[0].fence.own.value += 1;
    p.appends(a, again);
    for (const auto& room : {general, other, third}) p.shows(1, room);
    p.shows_shards(0);
  });
}

TEST_CASE("model and server agree on dedup keys", "[fidelity][postgres][G5]") {
  must_agree([](database_play& p) {
    auto a = p.claims(0, "a", {1, 2});
    p.says(a, general, 1, "k1");
    p.says(a, other, 1, "k1");
    p.appends(a, p.batch(a, {p.piece(a, general, a.at(general, 1), {said(2, "m1", "k1")})}));
    p.appends(a, p.batch(a, {p.piece(a, general, a.at(general, 1), {said(2, "another body", "k1")})}));
    // Beside new ones, in a batch whose other shard does not fit: all stored keys are told.
    auto beside = p.batch(a, {p.piece(a, other, a.at(other, 1), {said(2, "m", "k1")}),
                              p.piece(a, general, a.at(general, 1), {said(2, "new", "k2"), said(3, "m1", "k1")})});
    beside.shards[0].fence.before.value += 1;
    beside.shards[0].fence.own.value += 1;
    p.appends(a, beside);
    beside.shards[1].rooms[0] = p.piece(a, general, a.at(general, 1), {said(2, "new", "k2")});
    p.appends(a, beside);
    p.appends(a, p.batch(a, {p.piece(a, general, a.at(general, 2), {said(3, "x", "k3"), said(4, "x", "k3")})}));
    p.appends(a, p.batch(a, {p.piece(a, general, a.at(general, 2), {said(3, "x", "k1"), said(4, "y", "k1")})}));
    p.shows(0, general);
    p.shows_shards(0);
  });
}

TEST_CASE("model and server agree on numbers that do not follow", "[fidelity][postgres][G2][C2]") {
  must_agree([](database_play& p) {
    auto a = p.claims(0, "a", {1});
    p.says(a, general, 1, "k1");
    p.says(a, general, 2);
    p.appends(a, p.batch(a, {p.piece(a, general, a.at(general, 1), {said(2, "fork")})}));
    p.appends(a, p.batch(a, {p.piece(a, general, {}, {said(1, "fork")})}));
    p.appends(a, p.batch(a, {p.piece(a, general, a.at(general, 3), {said(4, "hole")})}));
    p.appends(a, p.batch(a, {p.piece(a, general, a.at(general, 2), {said(3, "ok"), said(5, "hole")})}));
    p.appends(a, p.batch(a, {p.piece(a, general, a.at(general, 1), {said(2, "fork", "k1")})}));
    p.appends(a, p.batch(a, {p.piece(a, general, a.at(general, 4), {said(5, "hole", "k1")})}));
    p.appends(a, p.batch(a, {p.piece(a, unused, a.at(general, 3), {said(4, "no room")})}));
    // The term of what lies before is not looked at.
    p.appends(a, p.batch(a, {p.piece(a, general, {term{7}, seq{2}}, {said(3, "three")})}));
    p.shows(1, general);
    p.shows_shards(1);
  });
}

TEST_CASE("model and server agree on batches that follow each other unanswered", "[fidelity][postgres][C1]") {
  must_agree([](database_play& p) {
    auto a = p.claims(0, "a", {1});
    const auto in_flight = [&](std::vector<append_batch> batches) {
      std::vector<awaited<append_outcome>> answers;
      auto fence = a.fence(1);
      for (auto& b : batches) {
        b.shards[0].fence = fence;
        answers.push_back(p.asks_to_append(a, b));
        fence.before = fence.own;
        ++fence.own.value;
      }
      for (std::size_t i = 0; i < answers.size(); ++i) p.ended(a, batches[i], answers[i]);
    };
    in_flight({p.batch(a, {p.piece(a, general, {}, {said(1, "one", "k")})}),
               p.batch(a, {p.piece(a, general, a.at(general, 1), {said(2, "two")})}),
               p.batch(a, {p.piece(a, general, a.at(general, 2), {said(3, "three")})})});
    in_flight({p.batch(a, {p.piece(a, general, a.at(general, 3), {said(4, "again", "k")})}),
               p.batch(a, {p.piece(a, general, a.at(general, 4), {said(5, "after")})})});
    std::vector<append_batch> many;
    for (std::uint64_t s = 4; s < 16; ++s)
      many.push_back(p.batch(a, {p.piece(a, general, a.at(general, s - 1), {said(s, "many")})}));
    in_flight(many);
    p.shows(0, general);
    p.shows_shards(0);
  });
}

TEST_CASE("model and server agree on leases and claims", "[fidelity][postgres][G7]") {
  must_agree([](database_play& p) {
    const writer a{0, contract::node_named("a"), {}}, b{1, contract::node_named("b"), {}};
    p.shows_shards(0);
    p.renews(a, std::chrono::minutes(5));
    p.renews(a, std::chrono::minutes(5));
    const auto seen = p.wish_for(1, 3);
    auto first = p.claims(0, "a", {3, 4});
    p.shows_shards(0, true);
    auto second = b;
    p.claims(second, {seen, p.wish_for(1, 5)});
    p.renews(b, std::chrono::minutes(5));
    p.shows_shards(1, true);
    p.stage.step_clock(std::chrono::minutes(6));
    p.shows_shards(1, true);
    p.renews(a, milliseconds{60'000});
    p.shows_shards(1, true);
    auto wrong_term = p.wish_for(1, 3);
    --wrong_term.term_before.value;
    auto wrong_owner = p.wish_for(1, 4);
    wrong_owner.owner_before = "nobody";
    p.claims(second, {wrong_term, wrong_owner});
    const auto taken = p.wish_for(1, 3, term{first.rows[4].term.value + 1'000'000'000});
    p.claims(second, {taken});
    p.note(second.rows[3].term > taken.term_floor ? "past the floor" : "not past the floor");
    auto back = p.claims(0, "a", {3});
    p.note(back.rows[3].term > second.rows[3].term ? "grows" : "does not grow");
    p.releases(back);
    p.releases(back);
    p.shows_shards(1, true);
    p.says(back, room_named("r", 3), 1);
    p.renews(a, milliseconds{200});
    p.claims(0, "a", {3});
    p.wait([&] {
      const auto answer =
          p.ask<std::vector<shard_row>>([&](auto done) { p.stage.ownership(1).survey(std::move(done)); });
      const auto& rows = p.end_of(answer);
      return rows && !rows->at(3).has_lease;
    });
    p.shows_shards(0, true);
  });
}

TEST_CASE("model and server agree on what nodes see of each other", "[fidelity][postgres]") {
  must_agree([](database_play& p) {
    const writer a{0, contract::node_named("a"), {}}, b{1, contract::node_named("b"), {}};
    p.renews(b, std::chrono::minutes(5), "10.0.0.2:7500");
    p.renews(a, std::chrono::minutes(5), "10.0.0.1:7500");
    p.renews(b, std::chrono::minutes(10), "10.0.0.3:7500");
    p.renews(a, std::chrono::minutes(5), "10.0.0.1:7500", true);
    p.renews(b, std::chrono::minutes(10));
    p.stage.step_clock(milliseconds{301'000});  // a's lease has just ended
    p.renews(b, std::chrono::minutes(10));
    p.stage.step_clock(std::chrono::minutes(1));
    p.renews(b, std::chrono::minutes(10));
    p.renews(a, std::chrono::minutes(5));
    p.releases(b);
    p.renews(a, std::chrono::minutes(5));
    p.renews(b, std::chrono::minutes(5));
  });
}

TEST_CASE("model and server agree on shards that are given back", "[fidelity][postgres][G7]") {
  must_agree([](database_play& p) {
    auto a = p.claims(0, "a", {1, 2, 3}), b = p.claims(1, "b", {4});
    p.renews(a, std::chrono::minutes(5));
    p.says(a, general, 1);
    auto wrong = a;  // one of another term, and one of another owner
    --wrong.rows[2].term.value;
    wrong.rows[4] = b.rows[4];
    p.yields(wrong, {4, 1, 2, 1});
    p.yields(a, {});
    p.shows_shards(1, true);
    p.appends(a, p.batch(a, {p.piece(a, general, a.at(general, 1), {said(2, "late")}),
                             p.piece(a, other, {}, {said(1, "one")})}));
    p.claims(b, {p.wish_for(1, 1)});
    p.appends(b, p.batch(b, {p.piece(b, general, a.at(general, 1), {said(2, "two")})}));
    p.yields(a, {1});
    auto anew = p.claims(0, "a", {2});
    p.yields(a, {2, 3});
    p.shows_shards(0, true);
    p.stage.lose_statement(0, road::writer);
    p.yields(anew, {2});
    p.shows_shards(1);
    p.stage.lose_reply(0, road::writer);
    p.yields(anew, {2});
    p.shows_shards(1);
  });
}

TEST_CASE("model and server agree on pages, heads and marks", "[fidelity][postgres][G3][C9][C13][C14]") {
  must_agree(
      [](database_play& p) {
        auto a = p.claims(0, "a", {1, 2});
        const auto look = [&](const room_ref& room) {
          for (const std::uint64_t after : {0, 1, 2, 3, 5, 6, 7, 9}) {
            for (const std::uint32_t limit : {1u, 2u, 100u}) {
              const auto page = p.value_of<range_page>([&](auto done) {
                p.stage.events(1).range({room, seq{after}, limit}, done);
              });
              p.note("range after " + std::to_string(after) + ":" + p.names(page.events) + " anchor " +
                     (page.anchor ? p.name(*page.anchor) : "none") + " head " + p.name(page.head) + " n " +
                     std::to_string(page.mark.n.value));
              using side = history_query::side;
              for (const auto where : {side::newest, side::before, side::after, side::around}) {
                for (const bool messages : {true, false}) {
                  const auto h = p.value_of<history_page>([&](auto done) {
                    p.stage.events(0).history({room, where, seq{after}, limit, messages}, done);
                  });
                  p.note("history " + std::to_string(static_cast<int>(where)) + " of " + std::to_string(after) + ":" +
                         p.names(h.events) + (h.has_older ? " older" : "") + (h.has_newer ? " newer" : "") + " head " +
                         p.name(h.head));
                }
              }
            }
          }
        };
        look(general);
        for (std::uint64_t s = 1; s <= 3; ++s) p.says(a, general, s);
        look(general);
        const auto b = p.claims(1, "b", {1});
        auto heir = b;
        auto edit = said(6, "edit");
        edit.kind = event_kind::message_updated;
        edit.target = seq{2};
        p.appends(heir,
                  p.batch(heir, {p.piece(heir, general, a.at(general, 3), {said(4, "four"), said(5, "five"), edit})}));
        look(general);
        p.trims(heir, general, {a.term_of(general), seq{2}});
        look(general);
        p.says(heir, general, 7);
        p.trims(heir, general, {heir.term_of(general), seq{7}});
        look(general);
        p.says(heir, general, 8);
        p.trims(heir, general, {a.term_of(general), seq{3}});  // a floor does not fall
        look(general);
        p.trims(a, general, {a.term_of(general), seq{3}});
        const auto heads = p.value_of<std::vector<marked_head>>([&](auto done) {
          p.stage.events(0).heads({other, general, third, general}, done);
        });
        for (const auto& h : heads)
          p.note(p.name(h.head) + " " + p.name(h.mark.term) + " " + std::to_string(h.mark.n.value));
        const auto marks = p.value_of<std::vector<shard_mark>>([&](auto done) {
          p.stage.events(0).marks({shard_id{2}, shard_id{1}, shard_id{7}}, done);
        });
        for (const auto& m : marks) p.note(p.name(m.term) + " " + std::to_string(m.n.value));
      },
      3);
}

}  // namespace parley::fidelity
