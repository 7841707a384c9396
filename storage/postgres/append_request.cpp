#include "storage/postgres/append_request.hpp"

#include "storage/event_codec.hpp"

#include <algorithm>

namespace parley::postgres {
namespace {

using of = array::of;

/// The columns of one append, filled shard by shard.
struct columns {
  array shard{of::int4}, term{of::int8}, before{of::int8}, own{of::int8};
  array room{of::uuid}, room_place{of::int4}, room_shard{of::int4}, instance{of::text}, name{of::text};
  array key_room{of::uuid}, key_place{of::int4}, sender{of::text}, id{of::text}, key_seq{of::int8}, key_term{of::int8},
      at{of::int8}, digests{of::bytea};
  array event_room{of::uuid}, event_place{of::int4}, seq{of::int8}, event_term{of::int8}, kind{of::int2},
      payload{of::bytea};
  // The same again for the key's look-up and the checked mode: these arrays are taken once.
  array found_room{of::uuid}, found_sender{of::text}, found_id{of::text};
  array proved_room{of::uuid}, proved_shard{of::int4}, proved_own{of::int8}, proved_before{of::int8},
      proved_last{of::int8};
};

std::string_view bytes_of(const digest& d) { return {reinterpret_cast<const char*>(d.data()), d.size()}; }

bool follows(const room_append& a, term t) {
  auto expected = a.before.seq;
  return std::all_of(a.events.begin(), a.events.end(), [&](const event_ptr& e) {
    expected = next(expected);
    return e->seq == expected && e->term == t;
  });
}

void add_event(columns& c, const room_append& a, std::size_t i, std::int32_t place) {
  const auto& e = *a.events[i];
  c.event_room.add(a.room->key);
  c.event_place.add(place);
  c.seq.add(e.seq);
  c.event_term.add(e.term);
  c.kind.add(static_cast<std::int16_t>(e.kind));
  c.payload.add(std::string_view(encode_stored(e)));
  if (e.client_msg_id.empty()) return;
  c.key_room.add(a.room->key);
  c.key_place.add(place);
  c.sender.add(std::string_view(e.sender));
  c.id.add(std::string_view(e.client_msg_id));
  c.key_seq.add(e.seq);
  c.key_term.add(e.term);
  c.at.add(static_cast<std::int64_t>(e.at.time_since_epoch().count()));
  if (i < a.digests.size())
    c.digests.add(bytes_of(a.digests[i]));
  else
    c.digests.add_null();
  c.found_room.add(a.room->key);
  c.found_sender.add(std::string_view(e.sender));
  c.found_id.add(std::string_view(e.client_msg_id));
}

void add_room(columns& c, const room_append& a, const shard_fence& fence, std::int32_t place) {
  if (a.events.empty()) return;
  if (a.before.seq == parley::seq{0}) {
    c.room.add(a.room->key);
    c.room_place.add(place);
    c.room_shard.add(fence.shard);
    c.instance.add(std::string_view(a.room->instance));
    c.name.add(std::string_view(a.room->room));
  }
  for (std::size_t i = 0; i < a.events.size(); ++i) add_event(c, a, i, place);
  c.proved_room.add(a.room->key);
  c.proved_shard.add(fence.shard);
  c.proved_own.add(fence.own);
  c.proved_before.add(a.before.seq);
  c.proved_last.add(a.events.back()->seq);
}

/// The one event of a batch that has just one, of a room that has its row already.
const room_append* lone_event(const append_batch& batch) {
  if (batch.shards.size() != 1 || batch.shards[0].rooms.size() != 1) return nullptr;
  const auto& a = batch.shards[0].rooms[0];
  const bool is_lone = a.events.size() == 1 && a.digests.size() == 1 && a.before.seq != parley::seq{0};
  return is_lone ? &a : nullptr;
}

parameters parameters_of(const append_batch& batch, columns& c, milliseconds dedup_window) {
  parameters p;
  p.add(std::string_view(batch.owner)).add(c.shard).add(c.term).add(c.before).add(c.own);
  p.add(c.room).add(c.room_place).add(c.room_shard).add(c.instance).add(c.name);
  p.add(c.key_room).add(c.key_place).add(c.sender).add(c.id).add(c.key_seq).add(c.key_term).add(c.at).add(c.digests);
  p.add(static_cast<std::int64_t>(dedup_window.count()));
  p.add(c.event_room).add(c.event_place).add(c.seq).add(c.event_term).add(c.kind).add(c.payload);
  return p;
}

parameters parameters_of(const append_batch& batch, const room_append& a, milliseconds dedup_window) {
  const auto& fence = batch.shards[0].fence;
  const auto& e = *a.events[0];
  parameters p;
  p.add(std::string_view(batch.owner)).add(fence.shard).add(fence.term).add(fence.before).add(fence.own);
  p.add(a.room->key).add(e.seq).add(static_cast<std::int16_t>(e.kind)).add(std::string_view(encode_stored(e)));
  p.add(std::string_view(e.sender)).add(std::string_view(e.client_msg_id));
  p.add(static_cast<std::int64_t>(e.at.time_since_epoch().count())).add(bytes_of(a.digests[0]));
  p.add(static_cast<std::int64_t>(dedup_window.count()));
  return p;
}

}  // namespace

result<append_request> append_request::of(const append_batch& batch, milliseconds dedup_window, bool is_checked) {
  columns c;
  append_request made;
  for (std::size_t i = 0; i < batch.shards.size(); ++i) {
    const auto& [fence, rooms] = batch.shards[i];
    c.shard.add(fence.shard);
    c.term.add(fence.term);
    c.before.add(fence.before);
    c.own.add(fence.own);
    for (const auto& a : rooms) {
      if (!follows(a, fence.term)) return error{errc::room_forked, "the batch's numbers or terms do not follow"};
      add_room(c, a, fence, static_cast<std::int32_t>(i + 1));
    }
  }
  made.events_ = c.seq.size();
  made.keys_ = c.id.size();

  if (const auto* lone = lone_event(batch))
    made.commands_.push_back({&sql::append_one, parameters_of(batch, *lone, dedup_window)});
  else
    made.commands_.push_back({&sql::append, parameters_of(batch, c, dedup_window)});
  if (is_checked) {
    parameters proof;
    proof.add(std::string_view(batch.owner)).add(c.proved_room).add(c.proved_shard).add(c.proved_own);
    proof.add(c.proved_before).add(c.proved_last);
    made.commands_.push_back({&sql::prove, std::move(proof)});
  }
  made.key_values_.add(c.found_room).add(c.found_sender).add(c.found_id);
  return made;
}

std::vector<command> append_request::key_commands() const {
  return {{&sql::forget_ended_keys, key_values_}, {&sql::find_keys, key_values_}};
}

std::vector<shard_verdict> append_request::verdicts(const rows& answer) {
  std::vector<shard_verdict> out;
  for (int row = 0; row < answer.count(); ++row) {
    const bool is_hit = answer.flag(row, 0), is_held = !answer.is_null(row, 1);
    out.push_back(is_hit                 ? shard_verdict::committed
                  : !is_held             ? shard_verdict::locked
                  : !answer.flag(row, 1) ? shard_verdict::not_owner
                                         : shard_verdict::stale);
  }
  return out;
}

std::vector<stored_key> append_request::keys(const rows& answer) {
  std::vector<stored_key> out;
  for (int row = 0; row < answer.count(); ++row) {
    stored_key key;
    const auto room = answer.bytes(row, 0);
    std::copy_n(reinterpret_cast<const std::uint8_t*>(room.data()), std::min(room.size(), key.room.bytes.size()),
                key.room.bytes.begin());
    key.sender = answer.bytes(row, 1);
    key.client_msg_id = answer.bytes(row, 2);
    key.first = {answer.id<term>(row, 3), answer.id<seq>(row, 4)};
    key.at = unix_time{milliseconds{answer.int8(row, 5)}};
    if (!answer.is_null(row, 6) && answer.bytes(row, 6).size() == sizeof(digest)) {
      const auto bytes = answer.bytes(row, 6);
      std::copy_n(reinterpret_cast<const std::uint8_t*>(bytes.data()), sizeof(digest), key.digest.emplace().begin());
    }
    out.push_back(std::move(key));
  }
  return out;
}

}  // namespace parley::postgres
