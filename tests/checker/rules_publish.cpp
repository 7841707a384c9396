#include "tests/checker/contents.hpp"
#include "tests/checker/findings.hpp"

#include <unordered_map>
#include <utility>
#include <vector>

namespace parley::checker {

namespace {

bool is_ack(const attempt& one) { return one.outcome() == phase::ok; }
bool is_first_ack(const attempt& one) { return is_ack(one) && !one.ended->duplicate; }

/// The last publish of a session that was stored, in the room that was looked at last.
struct session_end {
  room_id room{};
  const attempt* by = nullptr;
  std::uint64_t seq = 0;
};

class publish_rules {
public:
  publish_rules(const indexed& all, contents& known, room_id id, std::vector<session_end>& last_of_session,
                findings& out)
      : all_(all),
        known_(known),
        room_(all.rooms[at(id)]),
        id_(id),
        mismatch_(all.history),
        last_of_session_(last_of_session),
        acked_by_(room_.rows.size()),
        out_(out) {}

  void check() {
    for (const auto number : room_.attempts) ack(all_.attempts[number]);
    for (const auto number : room_.attempts) {
      const auto& one = all_.attempts[number];
      if (one.asked->key == key_id::none) {
        real_time_order(one, is_ack(one) && all_.holds(*one.ended, room_) ? one.ended->at.seq : no_number);
      } else if (const auto& key = all_.keys[at(one.asked->key)]; key.first == number) {
        acks_of(key);
        refusals_of(key);
        real_time_order(one, seq_of(key));
      }
      session_order(one);
    }
    for (std::uint32_t n = 0; n < room_.rows.size(); ++n) origin(n);
    without_key();
  }

private:
  struct refusal_names {
    explicit refusal_names(const history& what_happened) : all(what_happened) {}
    bool is_mismatch(const attempt& one) const {
      return one.ended && all.text(one.ended->error) == "idempotency_mismatch";
    }
    const history& all;
  };

  /// R1: what was acknowledged is stored at that seq, with that term and content.
  void ack(const attempt& one) {
    if (!is_ack(one)) return;
    const auto seq = one.ended->at.seq;
    if (seq != no_number && seq <= room_.floor()) return;
    const auto place = room_.row_at(seq);
    if (lost(one))
      return out_.add_lost(1, id_, "acknowledged, then lost with a database's tail",
                           {asked(one), ended(one), {room_.lost_tails.back(), evidence::whole}});
    if (place == nowhere) return out_.add(1, id_, "acknowledged, but not stored", {asked(one), ended(one)});
    const auto& row = room_.rows[place];
    const auto* before = std::exchange(acked_by_[place], &one);
    if (row.term != one.ended->at.term)
      return out_.add(1, id_, "acknowledged in term " + text(one.ended->at.term) + ", stored in " + text(row.term),
                      {ended(one), stored(place)});
    // What was edited since cannot be compared with its draft, but its key stays.
    const bool is_other = row.key != one.asked->key && !row.deleted;
    if (is_other || (row.content != one.asked->content && shows_its_draft(row)))
      return out_.add(1, id_, "another content is stored at the acknowledged seq",
                      {asked(one), ended(one), stored(place)});
    // R2: a number is given once. A key that was answered twice is R6's.
    if (before && (one.asked->key == key_id::none || before->asked->key != one.asked->key))
      out_.add(2, id_, "two publishes were acknowledged with seq " + text(seq), {ended(*before), ended(one)});
  }

  /// R6: one seq for all acks of a key, one of them the first; R5 where that first one was refused.
  void acks_of(const key_use& key) {
    const attempt* first_ack = nullptr;
    const attempt* first_told = nullptr;
    const attempt* refused = nullptr;
    bool all_acked = true, opened = false;
    for (auto n = key.first; n != nowhere; n = all_.attempts[n].next_of_key) {
      const auto& one = all_.attempts[n];
      opened |= one.outcome() == phase::info;
      all_acked &= is_ack(one);
      if (one.outcome() == phase::fail) refused = &one;
      if (!is_ack(one)) continue;
      if (first_ack && first_ack->ended->at.seq != one.ended->at.seq && !lost(*first_ack) && !lost(one))
        out_.add(6, id_,
                 "a key was acknowledged at " + text(first_ack->ended->at.seq) + " and at " + text(one.ended->at.seq),
                 {ended(*first_ack), ended(one)});
      else if (first_told && !one.ended->duplicate && !lost(*first_told) && !lost(one))
        out_.add(6, id_, "a repeat was answered as if it were the first", {ended(*first_told), ended(one)});
      if (!first_ack) first_ack = &one;
      if (!first_told && !one.ended->duplicate) first_told = &one;
    }
    // A node may have repeated a first attempt by itself, where its link to the owner broke.
    if (room_.stored->others || !first_ack || first_told || opened || all_.has_links) return;
    if (all_acked)
      out_.add(6, id_, "a first attempt was answered as a repeat",
               {asked(all_.attempts[key.first]), ended(*first_ack)});
    else  // Only a refused attempt can have stored what this one repeats.
      out_.add(5, id_, "a refused attempt was stored: a repeat of it says so", {ended(*refused), ended(*first_ack)});
  }

  /// R5: refused and never left open means not stored. Judged per key: an attempt of open outcome may be what is
  /// stored; and a mismatch says that another content holds the key.
  void refusals_of(const key_use& key) {
    if (key.row == nowhere) return;
    for (auto n = key.first; n != nowhere; n = all_.attempts[n].next_of_key)
      if (all_.attempts[n].outcome() != phase::fail || mismatch_.is_mismatch(all_.attempts[n])) return;
    const auto& last = all_.attempts[key.last];
    out_.add(5, id_, key.first == key.last ? "refused, yet stored" : "every attempt was refused, yet it is stored",
             {asked(last), ended(last), stored(key.row)});
  }

  /// Where a key ended up: by an ack that holds, else by its row.
  std::uint64_t seq_of(const key_use& key) const {
    for (auto n = key.first; n != nowhere; n = all_.attempts[n].next_of_key)
      if (is_ack(all_.attempts[n]) && all_.holds(*all_.attempts[n].ended, room_)) return all_.attempts[n].ended->at.seq;
    return key.row == nowhere ? no_number : room_.rows[key.row].seq;
  }

  /// R8: what was acknowledged before another publish was first asked for has the smaller seq.
  void real_time_order(const attempt& first, std::uint64_t seq) {
    if (seq > first.before.seq || first.before.record == nowhere) return;
    out_.add(8, id_, "asked for after " + text(first.before.seq) + " was acknowledged, stored at " + text(seq),
             {{first.before.record, evidence::whole}, asked(first), is_ack(first) ? ended(first) : nobody});
  }

  /// R9: what one session wrote keeps its order, judged where this very attempt was stored.
  void session_order(const attempt& one) {
    const auto seq = stored_by_itself(one);
    if (seq == no_number) return;
    auto& last = last_of_session_[at(one.asked->session)];
    if (last.room == id_ && last.seq >= seq)
      out_.add(9, id_, "a session's later publish has the smaller seq: " + text(last.seq) + ", then " + text(seq),
               {asked(*last.by), asked(one), is_ack(*last.by) ? ended(*last.by) : nobody,
                is_ack(one) ? ended(one) : nobody});
    last = {id_, &one, seq};
  }

  std::uint64_t stored_by_itself(const attempt& one) const {
    if (is_first_ack(one)) return all_.holds(*one.ended, room_) ? one.ended->at.seq : no_number;
    if (one.outcome() != phase::info || one.asked->key == key_id::none) return no_number;
    const auto& key = all_.keys[at(one.asked->key)];
    return key.first == key.last && key.row != nowhere ? room_.rows[key.row].seq : no_number;
  }

  /// R4 for rows, R6: each has one publish that wanted it. R12 where that was another room's.
  void origin(std::uint32_t n) {
    const auto& row = room_.rows[n];
    if (row.key == key_id::none) return;
    const auto& key = all_.keys[at(row.key)];
    if (key.row != n) return out_.add(6, id_, "a key has two rows", {stored(key.row), stored(n)});
    if (room_.stored->others || !shows_its_draft(row)) return;
    for (auto a = key.first; a != nowhere; a = all_.attempts[a].next_of_key) {
      const auto& one = all_.attempts[a];
      // An acknowledged one that differs has been reported by R1.
      if (one.asked->content == row.content || (is_ack(one) && one.ended->at.seq == row.seq)) return;
    }
    phantom(n);
  }

  /// The same for drafts without a key: they can only be counted.
  void without_key() {
    struct sightings {
      std::uint32_t asked = 0, refused = 0, stored = 0;
      const attempt* refusal = nullptr;
    };
    std::unordered_map<std::uint64_t, sightings> by_content;
    for (const auto number : room_.attempts) {
      const auto& one = all_.attempts[number];
      if (one.asked->key != key_id::none) continue;
      auto& known = by_content[one.asked->content];
      ++known.asked;
      if (one.outcome() != phase::fail) continue;
      ++known.refused;
      known.refusal = &one;
    }
    for (std::uint32_t n = 0; n < room_.rows.size(); ++n) {
      const auto& row = room_.rows[n];
      if (row.key != key_id::none || room_.stored->others || !shows_its_draft(row)) continue;
      auto& known = by_content[row.content];
      if (++known.stored > known.asked && !acked_by_[n])  // else R1 has looked at it
        phantom(n);
      else if (known.refusal && known.stored > known.asked - known.refused)
        out_.add(5, id_, "refused, yet stored", {asked(*known.refusal), ended(*known.refusal), stored(n)});
    }
  }

  void phantom(std::uint32_t n) {
    const auto home = known_.elsewhere(id_, room_.rows[n].content);
    if (home != nowhere)
      out_.add(12, id_, "stored here, but published in another room", {{home, evidence::whole}, stored(n)});
    else
      out_.add(4, id_, "seq " + text(room_.rows[n].seq) + " is stored, but nobody published it", {stored(n)});
  }

  bool lost(const attempt& one) const {
    return all_.may_be_lost(room_, one.ended->at, one.ended_at) && !all_.holds(*one.ended, room_);
  }
  /// The content of an event as it was published, not a later version of it and no tombstone.
  static bool shows_its_draft(const row& one) {
    return !one.deleted && (one.version <= 1 || one.kind != event_kind::created);
  }
  static evidence asked(const attempt& one) { return {one.asked_at, evidence::whole}; }
  static evidence ended(const attempt& one) { return {one.ended_at, evidence::whole}; }
  evidence stored(std::uint32_t n) const { return {room_.stored_at, n}; }

  static constexpr evidence nobody{nowhere, evidence::whole};
  const indexed& all_;
  contents& known_;
  const room_log& room_;
  room_id id_;
  refusal_names mismatch_;
  std::vector<session_end>& last_of_session_;
  std::vector<const attempt*> acked_by_;  // by row
  findings& out_;
};

}  // namespace

void check_publishes(const indexed& all, contents& known, findings& out) {
  std::vector<session_end> last_of_session(all.history.name_count() + 1);
  for (std::uint32_t id = 1; id < all.rooms.size(); ++id)
    if (all.rooms[id].stored) publish_rules{all, known, room_id{id}, last_of_session, out}.check();
}

}  // namespace parley::checker
