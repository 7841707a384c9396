#pragma once

#include "actors/core/shard_writer.hpp"
#include "tests/core/given.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {

using verdicts = std::vector<shard_verdict>;

inline const room_ref general = room_named("general", 0);
inline const room_ref random_room = room_named("random", 0);
inline const room_ref other = room_named("other", 1);

/// A writer with two shards and three rooms, and what a test says to it.
struct given_writer {
  explicit given_writer(shard_writer_options options = {}) : core("us", options) {
    core.open_shard(shard_id{0}, term{5}, attempt{10});
    core.open_shard(shard_id{1}, term{8}, attempt{70});
    core.open_room(general, head_at(at(4, 41)), today);
    core.open_room(random_room, head_at({}), unix_time{});
    core.open_room(other, head_at(at(7, 2)), today);
  }
  shard_writer::effects enqueue(const room_ref& room, std::uint64_t t, const std::string& key = "",
                                failure_count heard = 0) {
    return core.enqueue(room->key, ticket{t}, draft_of("ana", key), heard, now, wall);
  }
  /// A keyless draft that replies to a seq.
  shard_writer::effects enqueue_reply(const room_ref& room, std::uint64_t t, std::uint64_t target) {
    auto d = draft_of("ana");
    d->reply_to = seq{target};
    return core.enqueue(room->key, ticket{t}, std::move(d), 0, now, wall);
  }
  shard_writer::effects appended(result<append_outcome> how) { return core.appended(std::move(how), now, wall); }
  shard_writer::effects committed(std::size_t shards = 1) {
    return appended(append_outcome{verdicts(shards, shard_verdict::committed), {}});
  }
  shard_writer::effects failed(errc code) { return appended(error{code, "why"}); }
  shard_writer::effects recovered(bool is_owner, std::uint64_t found, std::vector<room_head> heads = {}) {
    return core.recovered(parley::recovered{{{shard_id{0}, is_owner, attempt{found}}}, std::move(heads)}, now, wall);
  }
  shard_writer::effects tick(milliseconds later = 0ms) { return core.tick(now += later, wall); }

  shard_writer core;
  instant now = noon;
  unix_time wall = today;
};

inline const append_batch& batch_of(const shard_writer::effects& effects) {
  const auto* found = find_effect<shard_writer::append>(effects);
  REQUIRE(found != nullptr);
  return found->batch;
}
inline const recover_request& request_of(const shard_writer::effects& effects) {
  const auto* found = find_effect<shard_writer::recover>(effects);
  REQUIRE(found != nullptr);
  return found->request;
}
/// How each ticket ended: c, d, n, r, u or t for committed, duplicate, not stored, refused, unknown or no target.
inline std::string words_of(const shard_writer::effects& effects) {
  std::string words;
  for (const auto& e : effects) {
    if (const auto* results = std::get_if<shard_writer::room_results>(&e)) {
      for (const auto& o : results->outcomes) {
        words += (words.empty() ? "" : " ") + std::to_string(o.ticket.value) + "cdnrut"[o.how.index()];
      }
    }
  }
  return words;
}

}  // namespace parley::testing
