#include "tests/checker/judged/mutations.hpp"

namespace parley::checker::judged {

namespace {

using entry = tape::entry;

bool is_first_ack(const publish_ended& it) { return it.outcome == phase::ok && !it.duplicate; }

/// An ack whose row is retained and shows what was asked, and that row.
struct acked {
  publish_ended* ack = nullptr;
  row* stored = nullptr;
  entry* reading = nullptr;
};
acked acked_row(tape& of, chance& random, bool is_plain = true) {
  auto* found = of.pick<publish_ended>(random, [&](auto&, auto& it) {
    if (!is_first_ack(it)) return false;
    const auto* row = of.stored_row(of.asked(it.attempt)->room, it.at.seq);
    return row && (!is_plain || (row->version == 1 && !row->deleted && row->kind == event_kind::created));
  });
  if (!found) return {};
  auto* ack = found->as<publish_ended>();
  const auto room = of.asked(ack->attempt)->room;
  return {ack, of.stored_row(room, ack->at.seq), of.reading(room)};
}

entry* reading_with(tape& of, chance& random, std::size_t rows) {
  return of.pick<stored>(random, [&](entry& it, auto&) { return it.rows.size() >= rows; });
}

bool remove_an_acked_row(tape& of, chance& random) {
  const auto found = acked_row(of, random);
  if (!found.ack) return false;
  found.reading->rows.erase(found.reading->rows.begin() + (found.stored - found.reading->rows.data()));
  return true;
}
bool change_an_acked_row(tape& of, chance& random) {
  const auto found = acked_row(of, random);
  if (found.ack) found.stored->content ^= std::uint64_t{1} << (random() % 64);
  return found.ack;
}
bool store_an_acked_row_in_another_term(tape& of, chance& random) {
  const auto found = acked_row(of, random);
  if (found.ack) found.stored->term += 7;
  return found.ack;
}
bool change_the_term_of_an_ack(tape& of, chance& random) {
  const auto found = acked_row(of, random, false);
  if (found.ack) ++found.ack->at.term;
  return found.ack;
}
bool change_the_seq_of_an_ack(tape& of, chance& random) {
  const auto found = acked_row(of, random);
  if (found.ack) found.ack->at.seq += 1 + random() % 2 * 1000;
  return found.ack;
}
bool acknowledge_without_a_seq(tape& of, chance& random) {
  const auto found = acked_row(of, random);
  if (found.ack) found.ack->at.seq = no_number;
  return found.ack;
}
bool repeat_a_row(tape& of, chance& random) {
  auto* read = reading_with(of, random, 1);
  if (!read) return false;
  const auto at = static_cast<std::ptrdiff_t>(random() % read->rows.size());
  const auto copy = read->rows[static_cast<std::size_t>(at)];
  read->rows.insert(read->rows.begin() + at, copy);
  return true;
}
bool swap_two_rows(tape& of, chance& random) {
  auto* read = reading_with(of, random, 2);
  if (!read) return false;
  const auto at = random() % (read->rows.size() - 1);
  std::swap(read->rows[at], read->rows[at + 1]);
  return true;
}
bool change_the_seq_of_a_row(tape& of, chance& random) {
  auto* read = reading_with(of, random, 1);
  if (read) read->rows[random() % read->rows.size()].seq += 1 + random() % 3;
  return read;
}
bool let_the_head_run_ahead(tape& of, chance& random) {
  auto* read = reading_with(of, random, 0);
  if (read) ++read->as<stored>()->head.seq;
  return read;
}
bool let_the_head_fall_behind(tape& of, chance& random) {
  auto* read = reading_with(of, random, 1);
  if (read) --read->as<stored>()->head.seq;
  return read;
}
bool acknowledge_two_publishes_at_one_seq(tape& of, chance& random) {
  // Two equal texts without a key: one row for both.
  const auto found = acked_row(of, random);
  if (!found.ack) return false;
  auto again = *of.asked(found.ack->attempt);
  of.asked(found.ack->attempt)->key = again.key = key_id::none;
  found.stored->key = key_id::none;
  again.attempt = of.base.new_attempt();
  publish_ended ack = *found.ack;
  ack.attempt = again.attempt;
  for (auto& one : of.entries)  // its repeats would be other mistakes
    if (auto* other = one.as<publish_asked>(); other && other->content == again.content) other->key = key_id::none;
  of.entries.push_back({again, {}, {}});
  of.entries.push_back({ack, {}, {}});
  return true;
}
bool store_what_nobody_published(tape& of, chance& random) {
  auto* read = reading_with(of, random, 1);
  if (!read) return false;
  auto phantom = read->rows.back();
  ++phantom.seq;
  phantom.kind = event_kind::created;
  phantom.target = 0;
  phantom.version = 1;
  phantom.deleted = false;
  phantom.content = random();
  phantom.key = random() % 2 ? key_id::none : of.base.key(read->as<stored>()->room, phantom.sender, "phantom");
  read->as<stored>()->head = {phantom.term, phantom.seq};
  read->rows.push_back(phantom);
  return true;
}
bool store_another_rooms_message(tape& of, chance& random) {
  auto* read = reading_with(of, random, 1);
  if (!read) return false;
  auto stranger = read->rows.back();
  ++stranger.seq;
  stranger.kind = event_kind::created;
  stranger.target = 0;
  stranger.version = 1;
  stranger.deleted = false;
  stranger.content = random();
  stranger.key = of.base.key(read->as<stored>()->room, stranger.sender, "stranger");
  read->as<stored>()->head = {stranger.term, stranger.seq};
  read->rows.push_back(stranger);
  const auto other = of.base.room("other/r0");
  publish_asked asked{
      of.base.new_attempt(), other, stranger.sender, stranger.sender, key_id::none, stranger.content, 0, 0, {}};
  of.entries.push_back({publish_ended{asked.attempt, phase::fail, false, of.base.name("forbidden"), {}}, {}, {}});
  of.entries.insert(of.entries.end() - 1, entry{asked, {}, {}});
  of.entries.push_back({stored{other, {}, {}, false, {}}, {}, {}});
  return true;
}
bool refuse_what_is_stored(tape& of, chance& random) {
  auto* found = of.pick<publish_ended>(random, [&](auto&, auto& it) {
    if (!is_first_ack(it)) return false;
    const auto* asked = of.asked(it.attempt);
    const auto same = std::count_if(of.entries.begin(), of.entries.end(), [&](auto& one) {
      auto* other = one.template as<publish_asked>();
      return other && other->content == asked->content;
    });
    const auto* row = of.stored_row(asked->room, it.at.seq);
    return same == 1 && row && (asked->key != key_id::none || (row->version == 1 && !row->deleted));
  });
  if (found)
    *found->as<publish_ended>() = {
        found->as<publish_ended>()->attempt, phase::fail, false, of.base.name("unavailable"), {}};
  return found;
}
bool answer_the_repeat_of_a_refusal_as_a_duplicate(tape& of, chance& random) {
  auto* found = of.pick<publish_ended>(random, [&](auto&, auto& it) {
    if (!is_first_ack(it)) return false;
    const auto* asked = of.asked(it.attempt);
    if (asked->key == key_id::none) return false;
    std::size_t refused = 0, attempts = 0;
    for (auto& one : of.entries) {
      const auto* ended = one.as<publish_ended>();
      if (!ended || of.asked(ended->attempt)->key != asked->key) continue;
      ++attempts;
      refused += ended->outcome == phase::fail;
    }
    return attempts > 1 && refused == attempts - 1;
  });
  if (found) found->as<publish_ended>()->duplicate = true;
  return found;
}
bool give_a_key_two_rows(tape& of, chance& random) {
  auto* read = of.pick<stored>(random, [](entry& it, auto&) {
    return std::count_if(it.rows.begin(), it.rows.end(), [](auto& row) { return row.key != key_id::none; }) >= 1 &&
           it.rows.size() >= 2;
  });
  if (!read) return false;
  std::vector<row*> keyed;
  for (auto& one : read->rows)
    if (one.key != key_id::none) keyed.push_back(&one);
  auto* one = keyed[random() % keyed.size()];
  auto& other = read->rows[(static_cast<std::size_t>(one - read->rows.data()) + 1) % read->rows.size()];
  other.sender = one->sender;
  other.key = one->key;
  return true;
}
bool acknowledge_a_repeat(tape& of, chance& random, std::uint64_t further, bool is_duplicate) {
  const auto found = acked_row(of, random);
  if (!found.ack || of.asked(found.ack->attempt)->key == key_id::none) return false;
  auto again = *of.asked(found.ack->attempt);
  auto ack = *found.ack;
  again.attempt = ack.attempt = of.base.new_attempt();
  ack.duplicate = is_duplicate;
  ack.at.seq += further;
  of.entries.push_back({again, {}, {}});
  of.entries.push_back({ack, {}, {}});
  return true;
}
bool forget_to_say_duplicate(tape& of, chance& random) { return acknowledge_a_repeat(of, random, 0, false); }
bool acknowledge_a_key_at_two_seqs(tape& of, chance& random) {
  return !of.has_lost_tail() && acknowledge_a_repeat(of, random, 1, true);
}
bool answer_a_first_attempt_as_a_repeat(tape& of, chance& random) {
  auto* found = of.pick<publish_ended>(random, [&](auto&, auto& it) {
    if (!is_first_ack(it) || of.asked(it.attempt)->key == key_id::none) return false;
    const auto key = of.asked(it.attempt)->key;
    return std::none_of(of.entries.begin(), of.entries.end(), [&](auto& one) {
      auto* ended = one.template as<publish_ended>();
      return ended && ended->attempt != it.attempt && of.asked(ended->attempt)->key == key;
    });
  });
  if (found) found->as<publish_ended>()->duplicate = true;
  return found;
}

/// Two acks of plain messages of one room change places in the log.
bool exchange(tape& of, publish_ended& one, publish_ended& other) {
  const auto room = of.asked(one.attempt)->room;
  auto *a = of.stored_row(room, one.at.seq), *b = of.stored_row(room, other.at.seq);
  std::swap(a->content, b->content);
  std::swap(a->body, b->body);
  std::swap(a->sender, b->sender);
  std::swap(a->key, b->key);
  std::swap(one.at, other.at);
  return true;
}
template <class Fit>
bool exchange_neighbours(tape& of, chance& random, Fit is_fit) {
  std::vector<std::pair<publish_ended*, publish_ended*>> fitting;
  std::vector<std::pair<std::size_t, publish_ended*>> acks;
  for (std::size_t n = 0; n < of.entries.size(); ++n)
    if (auto* it = of.entries[n].as<publish_ended>(); it && is_first_ack(*it)) acks.emplace_back(n, it);
  const auto is_plain = [&](publish_ended& it) {
    const auto* row = of.stored_row(of.asked(it.attempt)->room, it.at.seq);
    return row && row->version == 1 && !row->deleted && row->kind == event_kind::created;
  };
  for (std::size_t n = 1; n < acks.size(); ++n) {
    auto &one = *acks[n - 1].second, &other = *acks[n].second;
    const auto *a = of.asked(one.attempt), *b = of.asked(other.attempt);
    if (a->room != b->room || !is_plain(one) || !is_plain(other) || one.at.seq >= other.at.seq) continue;
    std::size_t first_asked = of.entries.size();
    for (std::size_t m = 0; m < of.entries.size() && first_asked == of.entries.size(); ++m)
      if (auto* it = of.entries[m].as<publish_asked>(); it && it->content == b->content) first_asked = m;
    if (is_fit(a->session == b->session, first_asked > acks[n - 1].first)) fitting.emplace_back(&one, &other);
  }
  if (fitting.empty()) return false;
  const auto [one, other] = fitting[random() % fitting.size()];
  return exchange(of, *one, *other);
}
bool store_a_later_publish_first(tape& of, chance& random) {
  return exchange_neighbours(of, random, [](bool, bool is_later) { return is_later; });
}
bool reorder_a_session(tape& of, chance& random) {
  return exchange_neighbours(of, random,
                             [](bool is_same_session, bool is_later) { return is_same_session && !is_later; });
}
bool let_the_term_fall(tape& of, chance& random) {
  auto* read = reading_with(of, random, 2);
  if (read) read->rows[1 + random() % (read->rows.size() - 1)].term = 1;
  return read;
}
bool let_the_heads_term_lie(tape& of, chance& random) {
  auto* read = reading_with(of, random, 1);
  if (read) read->as<stored>()->head.term -= 1;
  return read;
}
template <class Fit>
row* some_row(tape& of, chance& random, Fit is_fit) {
  std::vector<row*> fitting;
  for (auto& one : of.entries)
    for (auto& row : one.rows)
      if (is_fit(row)) fitting.push_back(&row);
  return fitting.empty() ? nullptr : fitting[random() % fitting.size()];
}
bool count_a_version_too_many(tape& of, chance& random) {
  auto* row = some_row(of, random, [](auto& it) { return it.kind == event_kind::created; });
  if (row) ++row->version;
  return row;
}
bool raise_the_dead(tape& of, chance& random) {
  auto* row = some_row(of, random, [](auto& it) { return it.kind == event_kind::created && it.deleted; });
  if (row) row->deleted = false;
  return row;
}
bool bury_the_living(tape& of, chance& random) {
  auto* row = some_row(of, random, [](auto& it) { return it.kind == event_kind::created && !it.deleted; });
  if (row) row->deleted = true;
  return row;
}
bool show_a_former_edit(tape& of, chance& random) {
  auto* row =
      some_row(of, random, [](auto& it) { return it.kind == event_kind::created && !it.deleted && it.version > 1; });
  if (row) row->body ^= 1;
  return row;
}
bool skip_an_edits_version(tape& of, chance& random) {
  // Of a message that is retained: of others nobody can count the edits.
  auto* read = reading_with(of, random, 1);
  if (!read) return false;
  for (auto& row : read->rows)
    if (row.kind == event_kind::updated && !row.deleted && row.target > read->as<stored>()->floor.seq)
      return ++row.version, true;
  return false;
}

const mutation all[] = {
    {"remove an acked row", {1}, remove_an_acked_row},
    {"change an acked row", {1}, change_an_acked_row},
    {"store an acked row in another term", {1}, store_an_acked_row_in_another_term},
    {"change the term of an ack", {1}, change_the_term_of_an_ack},
    {"change the seq of an ack", {1, 2}, change_the_seq_of_an_ack},
    {"acknowledge without a seq", {1}, acknowledge_without_a_seq},
    {"repeat a row", {2}, repeat_a_row},
    {"swap two rows", {2}, swap_two_rows},
    {"change the seq of a row", {2}, change_the_seq_of_a_row},
    {"let the head run ahead", {2}, let_the_head_run_ahead},
    {"let the head fall behind", {2}, let_the_head_fall_behind},
    {"acknowledge two publishes at one seq", {2}, acknowledge_two_publishes_at_one_seq},
    {"store what nobody published", {4}, store_what_nobody_published},
    {"store another room's message", {12}, store_another_rooms_message},
    {"refuse what is stored", {5}, refuse_what_is_stored},
    {"answer the repeat of a refusal as a duplicate", {5}, answer_the_repeat_of_a_refusal_as_a_duplicate},
    {"give a key two rows", {6}, give_a_key_two_rows},
    {"forget to say duplicate", {6}, forget_to_say_duplicate},
    {"acknowledge a key at two seqs", {6}, acknowledge_a_key_at_two_seqs},
    {"answer a first attempt as a repeat", {6}, answer_a_first_attempt_as_a_repeat},
    {"store a later publish first", {8}, store_a_later_publish_first},
    {"reorder a session", {9}, reorder_a_session},
    {"let the term fall", {10}, let_the_term_fall},
    {"let the head's term lie", {10}, let_the_heads_term_lie},
    {"count a version too many", {14}, count_a_version_too_many},
    {"raise the dead", {14}, raise_the_dead},
    {"bury the living", {14}, bury_the_living},
    {"show a former edit", {14}, show_a_former_edit},
    {"skip an edit's version", {14}, skip_an_edits_version},
};

}  // namespace

std::span<const mutation> mutations_of_the_log() { return all; }

}  // namespace parley::checker::judged
