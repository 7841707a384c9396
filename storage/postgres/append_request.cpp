#include "storage/postgres/append_request.hpp"

#include "storage/event_codec.hpp"

#include <algorithm>

namespace parley::postgres {
namespace {

using of = array::of;

/// The columns of one append, filled shard by shard. Keys and events share theirs: what both need travels once.
struct columns {
  explicit columns(std::size_t shards, std::size_t events)
      : shard(of::int4, shards),
        term(of::int8, shards),
        before(of::int8, shards),
        own(of::int8, shards),
        event_room(of::uuid, events),
        event_place(of::int4, events),
        seq(of::int8, events),
        kind(of::int2, events),
        at(of::int8, events) {}

  array shard, term, before, own;
  array room{of::uuid}, room_place{of::int4}, instance{of::text}, name{of::text};
  array event_room, event_place, seq, kind, at;
  array sender{of::text}, id{of::text}, digests{of::bytea}, payload{of::bytea};
  // The checked mode.
  array proved_room{of::uuid}, proved_shard{of::int4}, proved_own{of::int8}, proved_before{of::int8},
      proved_last{of::int8};
};

/// Where the statements' parameters hold what a key's look-up asks for again.
constexpr std::size_t append_rooms_at = 10, append_senders_at = 15, append_ids_at = 16;
constexpr std::size_t lone_room_at = 5, lone_sender_at = 9, lone_id_at = 10;

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
  c.kind.add(static_cast<std::int16_t>(e.kind));
  c.at.add(static_cast<std::int64_t>(e.at.time_since_epoch().count()));
  c.sender.add(std::string_view(e.sender));
  c.id.add(std::string_view(e.client_msg_id));
  if (i < a.digests.size())
    c.digests.add(bytes_of(a.digests[i]));
  else
    c.digests.add_null();
  c.payload.add(std::string_view(encode_stored(e)));
}

void add_room(columns& c, const room_append& a, std::int32_t place) {
  if (a.events.empty()) return;
  if (a.before.seq == parley::seq{0}) {
    c.room.add(a.room->key);
    c.room_place.add(place);
    c.instance.add(std::string_view(a.room->instance));
    c.name.add(std::string_view(a.room->room));
  }
  for (std::size_t i = 0; i < a.events.size(); ++i) add_event(c, a, i, place);
}

void add_proof(columns& c, const room_append& a, const shard_fence& fence) {
  if (a.events.empty()) return;
  c.proved_room.add(a.room->key);
  c.proved_shard.add(fence.shard);
  c.proved_own.add(fence.own);
  c.proved_before.add(a.before.seq);
  c.proved_last.add(a.events.back()->seq);
}

std::size_t events_of(const append_batch& batch) {
  std::size_t sum = 0;
  for (const auto& shard : batch.shards)
    for (const auto& a : shard.rooms) sum += a.events.size();
  return sum;
}

bool has_keys(const append_batch& batch) {
  return std::ranges::any_of(batch.shards, [](const shard_batch& shard) {
    return std::ranges::any_of(shard.rooms, [](const room_append& a) {
      return std::ranges::any_of(a.events, [](const event_ptr& e) { return !e->client_msg_id.empty(); });
    });
  });
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
  p.add(c.room).add(c.room_place).add(c.instance).add(c.name);
  p.add(static_cast<std::int64_t>(dedup_window.count()));
  p.add(c.event_room).add(c.event_place).add(c.seq).add(c.kind).add(c.at);
  p.add(c.sender).add(c.id).add(c.digests).add(c.payload);
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

result<append_request> append_request::of(const append_batch& batch, milliseconds dedup_window, bool is_checked,
                                          milliseconds trial_lock_timeout) {
  for (const auto& [fence, rooms] : batch.shards)
    for (const auto& a : rooms)
      if (!follows(a, fence.term)) return error{errc::room_forked, "the batch's numbers or terms do not follow"};
  append_request made;
  made.events_ = events_of(batch);
  made.has_keys_ = parley::postgres::has_keys(batch);

  if (batch.is_trial) {
    parameters patience;
    patience.add(static_cast<std::int64_t>(trial_lock_timeout.count()));
    made.patience_.emplace_back(&sql::wait_for_locks, std::move(patience));
  }

  columns c(batch.shards.size(), made.events_);
  if (const auto* lone = lone_event(batch)) {
    made.commands_.emplace_back(&sql::append_one, parameters_of(batch, *lone, dedup_window));
  } else {
    for (std::size_t i = 0; i < batch.shards.size(); ++i) {
      const auto& [fence, rooms] = batch.shards[i];
      c.shard.add(fence.shard);
      c.term.add(fence.term);
      c.before.add(fence.before);
      c.own.add(fence.own);
      for (const auto& a : rooms) add_room(c, a, static_cast<std::int32_t>(i + 1));
    }
    made.commands_.emplace_back(&sql::append, parameters_of(batch, c, dedup_window));
  }
  if (is_checked) {
    for (const auto& [fence, rooms] : batch.shards)
      for (const auto& a : rooms) add_proof(c, a, fence);
    parameters proof;
    proof.add(std::string_view(batch.owner)).add(c.proved_room).add(c.proved_shard).add(c.proved_own);
    proof.add(c.proved_before).add(c.proved_last);
    made.commands_.emplace_back(&sql::prove, std::move(proof));
  }
  return made;
}

std::vector<command> append_request::commands() const {
  auto all = patience_;
  all.insert(all.end(), commands_.begin(), commands_.end());
  return all;
}

/// An event without a key asks with an empty id, which no key has.
std::vector<command> append_request::key_commands() const {
  const auto values = commands_.front().values->values();
  parameters asked;
  if (commands_.front().what == &sql::append_one) {
    array room(of::uuid), sender(of::text), id(of::text);
    room.add(std::string_view(values[lone_room_at]));
    sender.add(std::string_view(values[lone_sender_at]));
    id.add(std::string_view(values[lone_id_at]));
    asked.add(room).add(sender).add(id);
  } else {
    for (const auto at : {append_rooms_at, append_senders_at, append_ids_at})
      asked.add(std::string_view(values[at]));  // arrays that are made already
  }
  command forget(&sql::forget_ended_keys, std::move(asked));
  auto find = forget;
  find.what = &sql::find_keys;
  return {std::move(forget), std::move(find)};
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
