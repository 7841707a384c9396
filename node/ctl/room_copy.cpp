#include "node/ctl/room_copy.hpp"

#include "node/ctl/room_copy_sql.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace parley::ctl {
namespace {

constexpr std::int64_t seq_max = (std::int64_t{1} << 53) - 1;
constexpr std::int64_t piece_events = 200'000;
constexpr std::int64_t sweep_margin_us = 60'000'000;  // a key that ends within it is not compared

std::string array_of(const std::vector<std::int64_t>& numbers) {
  std::string text = "{";
  for (const auto number : numbers) text += (text.size() > 1 ? "," : "") + std::to_string(number);
  return text + '}';
}

}  // namespace

room_copy::room_copy(database& source, database& target, std::uint32_t shard,
                     std::function<void(const copied_rows&)> progress)
    : source_(source), target_(target), shard_(std::to_string(shard)), progress_(std::move(progress)) {
  source_.ask(sql::by_index);
  target_.ask(sql::by_index);
}

void room_copy::tell() const {
  if (progress_) progress_(all_);
}

room_copy::page room_copy::read_page(const parameter& after) {
  const auto r = source_.ask(sql::rooms_page, {shard_, after, std::to_string(sql::page_rooms)}).at(0);
  return {static_cast<std::size_t>(r.number(0)),
          r.text(1),
          r.text(2),
          r.text(3),
          r.text(4),
          r.text(5),
          r.text(6),
          r.text(7),
          r.text(8)};
}

// ---- the copy --------------------------------------------------------------------------------------------------

copied_rows room_copy::bring() {
  const auto before = all_;
  parameter after;
  for (;;) {
    const auto p = read_page(after);
    if (p.count > 0) bring_page(p);
    if (p.count < sql::page_rooms) break;
    after = p.last;
  }
  return {all_.rooms - before.rooms, all_.events - before.events, all_.keys - before.keys};
}

void room_copy::bring_page(const page& p) {
  const auto lacking = target_.ask(
      sql::put_rooms, {shard_, p.rooms, p.instances, p.names, p.floor_terms, p.floor_seqs, p.created, p.heads});
  for (const auto& room : lacking) {
    ++all_.rooms;
    bring_keys(room.text(0), room.number(1));
    bring_events(room.text(0), room.number(1), room.number(2));
  }
  tell();
}

/// Also of events that came since the room's head was read: they are copied with the next pass.
void room_copy::bring_keys(const std::string& room, std::int64_t after) {
  parameter sender, id;
  for (;;) {
    const auto k =
        source_.ask(sql::keys_page, {room, std::to_string(after), sender, id, std::to_string(sql::page_rows)}).at(0);
    const auto count = k.number(0);
    if (count > 0)
      target_.ask(sql::put_keys,
                  {shard_, room, k.text(3), k.text(4), k.text(5), k.text(6), k.text(7), k.text(8), k.text(9)});
    all_.keys += static_cast<std::size_t>(count);
    tell();
    if (count < sql::page_rows) return;
    sender = k.text(1);
    id = k.text(2);
  }
}

void room_copy::bring_events(const std::string& room, std::int64_t after, std::int64_t head) {
  while (after < head) {
    const auto e =
        source_
            .ask(sql::events_page, {room, std::to_string(after), std::to_string(head), std::to_string(sql::page_rows)})
            .at(0);
    if (e.number(0) == 0) return;  // below the floor
    target_.ask(sql::put_events, {shard_, room, e.text(2), e.text(3), e.text(4), e.text(5)});
    all_.events += static_cast<std::size_t>(e.number(0));
    after = e.number(1);
    tell();
  }
}

// ---- the comparison --------------------------------------------------------------------------------------------

void room_copy::compare_what_came() { compare(false); }

void room_copy::compare_all() {
  const auto here = source_.ask(sql::count_rooms, {shard_}).at(0).number(0);
  const auto there = target_.ask(sql::count_rooms, {shard_}).at(0).number(0);
  if (here != there)
    target_.refuse(exit_code::internal, "has " + std::to_string(there) + " rooms of shard " + shard_ + ", not the " +
                                            std::to_string(here) + " of the source");
  compare(true);
}

void room_copy::compare(bool is_whole) {
  const auto clock = std::max(source_.ask(sql::now).at(0).number(0), target_.ask(sql::now).at(0).number(0));
  parameter after;
  for (;;) {
    const auto p = read_page(after);
    if (p.count > 0) compare_page(p, is_whole, clock + sweep_margin_us);
    if (p.count < sql::page_rooms) return;
    after = p.last;
  }
}

/// In pieces that one statement reads in a few seconds, however large a room is.
void room_copy::compare_page(const page& p, bool is_whole, std::int64_t keys_ending_after) {
  std::vector<piece> pieces;
  std::int64_t size = 0;
  for (const auto& room : target_.ask(sql::heads, {p.rooms})) {
    const auto known = compared_.find(room.text(0));
    piece next{room.text(0), known == compared_.end() ? 0 : known->second, room.number(1)};
    for (; next.upto - next.above > piece_events; next.above += piece_events)
      compare_pieces({{next.room, next.above, next.above + piece_events}}, false, keys_ending_after);
    if (!is_whole && next.upto <= next.above) continue;  // nothing new came
    if (is_whole) next.upto = seq_max;                   // nothing beyond it either
    size += room.number(1) - next.above;
    pieces.push_back(std::move(next));
    if (size < piece_events) continue;
    compare_pieces(std::exchange(pieces, {}), is_whole, keys_ending_after);
    size = 0;
  }
  compare_pieces(pieces, is_whole, keys_ending_after);
}

void room_copy::compare_pieces(const std::vector<piece>& pieces, bool is_whole, std::int64_t keys_ending_after) {
  std::string rooms = "{";
  std::vector<std::int64_t> above, upto;
  std::map<std::string, std::int64_t> upto_of;
  for (const auto& one : pieces) {
    upto_of[one.room] = one.upto;
    rooms += (rooms.size() > 1 ? "," : "") + one.room;  // a uuid
    above.push_back(one.above);
    upto.push_back(one.upto);
  }
  const std::vector<parameter> question{rooms + '}', array_of(above), array_of(upto), std::to_string(keys_ending_after),
                                        is_whole ? "true" : "false"};
  const auto here = source_.ask(sql::prints, question), there = target_.ask(sql::prints, question);
  for (std::size_t i = 0; i < here.size(); ++i) {
    // Until the source is frozen its floor may be ahead: then only the last comparison can tell.
    const bool is_same_floor = here[i].text(2) == there.at(i).text(2);
    if (!is_whole && !is_same_floor) continue;
    if (here[i] != there[i])
      target_.refuse(exit_code::internal, "holds another copy of room " + here[i].text(0) + " of shard " + shard_ +
                                              " than its source. Nothing was activated: --abort removes the copy, and "
                                              "the shard goes on where it was");
    if (!is_whole) compared_[here[i].text(0)] = upto_of.at(here[i].text(0));
  }
}

// ---- what is not needed any more -------------------------------------------------------------------------------

std::size_t clear_rooms(database& where, std::uint32_t shard, const std::function<void(std::size_t)>& progress) {
  const auto number = std::to_string(shard);
  std::size_t gone = 0;
  where.ask(sql::by_index);
  const auto clear = [&](const char* what, const std::string& rooms) {
    const auto count = static_cast<std::size_t>(where.ask(what, {number, rooms}).at(0).number(0));
    gone += count;
    if (count > 0 && progress) progress(gone);
    return count > 0;
  };
  for (;;) {
    const auto rooms = where.ask(sql::rooms_to_clear, {number}).at(0).text(0);
    if (rooms.empty()) return gone;
    while (clear(sql::clear_events, rooms)) continue;
    while (clear(sql::clear_keys, rooms)) continue;
    clear(sql::clear_rooms, rooms);  // last: they are how the others are found again
  }
}

}  // namespace parley::ctl
