#include "tests/contract/steps.hpp"

#include <algorithm>

namespace parley::contract {

room_ref room_named(std::string_view name, std::uint32_t shard) {
  // Any 16 bytes that differ do: what a real key is, is not the store's to know.
  room_key key;
  std::uint64_t hash = 14695981039346656037u;
  for (std::size_t i = 0; i < 64; ++i) {
    hash = (hash ^ static_cast<unsigned char>(i < name.size() ? name[i] : static_cast<char>(i))) * 1099511628211u;
    key.bytes[i % 16] = static_cast<std::uint8_t>(hash >> 32);
  }
  return std::make_shared<room_identity>(room_identity{"default", std::string(name), key, shard_id{shard}});
}

node_identity node_named(std::string_view name) { return {std::string(name), "incarnation-of-" + std::string(name)}; }

digest digest_of(std::string_view text) {
  digest made{};
  for (std::size_t i = 0; i < text.size(); ++i) made[i % made.size()] ^= static_cast<std::uint8_t>(text[i]);
  return made;
}

event said(std::uint64_t s, std::string_view text, std::string_view client_msg_id) {
  event made;
  made.seq = seq{s};
  made.sender = "ana";
  made.at = unix_time{milliseconds{1764000000000 + static_cast<std::int64_t>(s)}};
  made.client_msg_id = client_msg_id;
  made.body.text = text;
  made.version = 1;
  return made;
}

std::vector<event> values(const event_list& events) {
  std::vector<event> made;
  for (const auto& e : events) made.push_back(*e);
  return made;
}

std::vector<std::uint64_t> seqs(const event_list& events) {
  std::vector<std::uint64_t> made;
  for (const auto& e : events) made.push_back(e->seq.value);
  return made;
}

owner::owner(store& where, std::string_view name, std::vector<std::uint32_t> shards)
    : store_(where), node_(node_named(name)) {
  value_of<lease_renewal>([&](auto done) {
    where.ownership().renew(node_, {std::chrono::minutes(1), {}, false}, done);
  });
  std::vector<shard_claim> claims;
  for (auto shard : shards) {
    const auto stored = row_of(where, shard);
    claims.push_back({stored.shard, stored.owner, stored.term, parley::term{}});
  }
  for (const auto& won : claim(where, node_, claims)) {
    if (!won.is_won) FAIL("could not claim shard " << won.shard);
    rows_[won.shard.value] = {won.term, won.n};
  }
}

shard_fence owner::fence(std::uint32_t shard, std::uint64_t step) const {
  const auto& own = rows_.at(shard);
  return {shard_id{shard}, own.term, own.n, attempt{own.n.value + step}};
}

room_append owner::append_of(const room_ref& room, position before, std::vector<event> events) const {
  room_append made{room, before, {}, {}};
  for (auto& e : events) {
    e.term = term_of(room->shard.value);
    made.digests.push_back(digest_of(e.body.text));
    made.events.push_back(std::make_shared<event>(std::move(e)));
  }
  return made;
}

append_batch owner::batch_of(std::vector<room_append> rooms) const {
  append_batch made{node_.incarnation, {}};
  for (auto& room : rooms) {
    const auto shard = room.room->shard;
    auto part = std::find_if(made.shards.begin(), made.shards.end(),
                             [&](const shard_batch& known) { return known.fence.shard == shard; });
    if (part == made.shards.end()) part = made.shards.insert(part, {fence(shard.value), {}});
    part->rooms.push_back(std::move(room));
  }
  return made;
}

result<append_outcome> owner::send(append_batch batch) {
  std::vector<shard_fence> fences;
  for (const auto& shard : batch.shards) fences.push_back(shard.fence);
  auto outcome =
      answer_of<append_outcome>([&](auto done) { store_.events().append(std::move(batch), std::move(done)); });
  if (outcome && !outcome->verdicts.empty()) {
    REQUIRE(outcome->verdicts.size() == fences.size());
    for (std::size_t i = 0; i < fences.size(); ++i)
      if (outcome->verdicts[i] == shard_verdict::committed) passed(fences[i]);
  }
  return outcome;
}

void owner::say(const room_ref& room, std::vector<event> events) {
  const auto before = head_of(store_, room).head;
  const auto outcome = send(batch_of({append_of(room, before, std::move(events))}));
  if (!outcome) FAIL("refused: " << outcome.error());
  REQUIRE(outcome->duplicates.empty());
  REQUIRE(outcome->verdicts == std::vector{shard_verdict::committed});
}

void owner::trim(const room_ref& room, position floor) {
  const auto used = fence(room->shard.value);
  const auto verdict = value_of<shard_verdict>(
      [&](auto done) { store_.events().trim(node_.incarnation, used, room, floor, std::move(done)); });
  REQUIRE(verdict == shard_verdict::committed);
  passed(used);
}

shard_row row_of(store& where, std::uint32_t shard) {
  const auto rows = value_of<std::vector<shard_row>>([&](auto done) { where.ownership().survey(std::move(done)); });
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const shard_row& r) { return r.shard == shard_id{shard}; });
  if (row == rows.end()) FAIL("no row of shard " << shard);
  return *row;
}

std::vector<claimed_shard> claim(store& where, const node_identity& node, std::vector<shard_claim> claims) {
  return value_of<std::vector<claimed_shard>>(
      [&](auto done) { where.ownership().claim(node, std::move(claims), std::move(done)); });
}

room_head head_of(store& where, const room_ref& room) {
  return value_of<std::vector<marked_head>>([&](auto done) { where.events().heads({room}, std::move(done)); })
      .at(0)
      .head;
}

shard_mark mark_of(store& where, std::uint32_t shard) {
  return value_of<std::vector<shard_mark>>([&](auto done) { where.events().marks({shard_id{shard}}, std::move(done)); })
      .at(0);
}

range_page range_of(store& where, const room_ref& room, std::uint64_t after, std::uint32_t limit) {
  return value_of<range_page>([&](auto done) { where.events().range({room, seq{after}, limit}, std::move(done)); });
}

history_page history_of(store& where, const room_ref& room, history_query::side side, std::uint64_t s,
                        std::uint32_t limit, bool messages) {
  return value_of<history_page>([&](auto done) {
    where.events().history({room, side, seq{s}, limit, messages}, std::move(done));
  });
}

}  // namespace parley::contract
