#include "tests/checker/judged/mutations.hpp"

#include <map>

namespace parley::checker::judged {

namespace {

using entry = tape::entry;

entry* batch(tape& of, chance& random, std::size_t least = 1) {
  return of.pick<batch_pushed>(random, [&](entry& it, auto&) { return it.events.size() >= least; });
}
/// A shown event whose row is retained and still as it was shown: so nothing but the mutation is wrong with it.
event* shown_event(tape& of, chance& random) {
  auto* found = of.pick<batch_pushed>(random, [&](entry& it, auto& push) {
    const auto* row = of.stored_row(of.asked(push.stream)->room, it.events.back().seq);
    return row && static_cast<const event&>(*row) == it.events.back();
  });
  return found ? &found->events.back() : nullptr;
}
bool drop_an_event(tape& of, chance& random) {
  // Not the last: that one could still be on its way, where the stream was cut.
  auto* found = batch(of, random, 2);
  if (found)
    found->events.erase(found->events.begin() + static_cast<std::ptrdiff_t>(random() % (found->events.size() - 1)));
  return found;
}
bool repeat_an_event(tape& of, chance& random) {
  auto* found = batch(of, random);
  if (!found) return false;
  const auto at = random() % found->events.size();
  const auto copy = found->events[at];
  found->events.insert(found->events.begin() + static_cast<std::ptrdiff_t>(at), copy);
  return true;
}
bool swap_events(tape& of, chance& random) {
  auto* found = batch(of, random, 2);
  if (!found) return false;
  const auto at = random() % (found->events.size() - 1);
  std::swap(found->events[at], found->events[at + 1]);
  return true;
}
bool send_a_batch_again(tape& of, chance& random) {
  auto* found = batch(of, random);
  if (found) of.insert_after(found, entry{*found});
  return found;
}
bool send_an_empty_batch(tape& of, chance& random) {
  auto* found = batch(of, random);
  if (!found) return false;
  auto empty = *found;
  empty.as<batch_pushed>()->prev = found->events.back().seq;
  empty.events.clear();
  of.insert_after(found, empty);
  return true;
}
bool lie_about_prev(tape& of, chance& random) {
  auto* found = batch(of, random);
  if (found) found->as<batch_pushed>()->prev += random() % 2 ? 1 : 7;
  return found;
}
bool lie_about_the_phase(tape& of, chance& random) {
  auto* found = batch(of, random);
  if (!found) return false;
  auto& said = found->as<batch_pushed>()->phase;
  said = said == stream_phase::live ? stream_phase::history : stream_phase::live;
  return true;
}
bool say_live_twice(tape& of, chance& random) {
  auto* found = of.pick<live_pushed>(random);
  if (found) of.insert_after(found, entry{*found});
  return found;
}
bool say_live_elsewhere(tape& of, chance& random) {
  auto* found = of.pick<live_pushed>(random);
  if (found) ++found->as<live_pushed>()->at.seq;
  return found;
}
bool never_say_live(tape& of, chance& random) {
  auto* found = of.pick<live_pushed>(
      random, [&](auto&, auto& it) { return of.first<settled>([&](auto& mark) { return mark.stream == it.stream; }); });
  if (found) of.remove(found);
  return found;
}
bool fall_behind_in_silence(tape& of, chance& random) {
  auto* found = of.pick<catching_up_pushed>(random, [&](entry& one, auto& it) {
    for (auto n = of.place(&one) + 1; n < of.entries.size(); ++n)
      if (auto* next = of.entries[n].as<live_pushed>(); next && next->stream == it.stream) return true;
    return false;
  });
  if (found) of.remove(found);
  return found;
}
bool resume_one_too_far(tape& of, chance& random) {
  auto* found = of.pick<join_ended>(random, [&](entry& one, auto& it) {
    const auto* asked = of.asked(it.stream);
    if (!asked->since || it.start.seq != asked->since->seq) return false;
    for (auto n = of.place(&one) + 1; n < of.entries.size(); ++n) {
      auto* push = of.entries[n].as<batch_pushed>();
      if (push && push->stream == it.stream) return push->prev == it.start.seq && of.entries[n].events.size() > 1;
      if (auto* gap = of.entries[n].as<gap_pushed>(); gap && gap->stream == it.stream) return false;
    }
    return false;
  });
  if (!found) return false;
  auto* joined = found->as<join_ended>();
  auto* page = of.first<batch_pushed>([&](auto& it) { return it.stream == joined->stream; });
  const auto skipped = page->events.front();
  page->events.erase(page->events.begin());
  page->as<batch_pushed>()->prev = skipped.seq;
  joined->start = {skipped.term, skipped.seq};
  return true;
}
bool rewind_too_little(tape& of, chance& random) {
  auto* found = of.pick<join_ended>(random, [&](auto&, auto& it) {
    const auto* asked = of.asked(it.stream);
    return !asked->since && it.start.seq < it.head.seq && it.start.seq >= of.floor(asked->room) &&
           of.stored_row(asked->room, it.start.seq + 1);
  });
  if (!found) return false;
  auto& start = found->as<join_ended>()->start;
  const auto* row = of.stored_row(of.asked(found->as<join_ended>()->stream)->room, start.seq + 1);
  start = {row->term, row->seq};
  return true;
}
bool deny_the_recovery(tape& of, chance& random) {
  if (of.has_lost_tail()) return false;
  auto* found = of.pick<join_ended>(random, [&](auto&, auto& it) {
    const auto* asked = of.asked(it.stream);
    const auto floor = of.floor(asked->room);
    return it.recovered == true && (floor == 0 || asked->since->seq > floor);
  });
  if (found) found->as<join_ended>()->recovered = random() % 2 ? std::optional<bool>{} : false;
  return found;
}
bool jump_unasked(tape& of, chance& random) {
  auto* found = batch(of, random, 2);
  if (!found) return false;
  const auto skipped = found->events.front();
  found->events.erase(found->events.begin());
  const gap_pushed gap{found->as<batch_pushed>()->stream,
                       gap_reason::jump,
                       found->as<batch_pushed>()->prev + 1,
                       {skipped.term, skipped.seq}};
  found->as<batch_pushed>()->prev = skipped.seq;
  of.asked(gap.stream)->on_gap = gap_wish::fill;
  of.entries.insert(of.entries.begin() + static_cast<std::ptrdiff_t>(of.place(found)), entry{gap, {}, {}});
  return true;
}
bool leave_the_gap_out(tape& of, chance& random) {
  // One that something follows: a stream that is cut may end before its gap.
  auto* found = of.pick<gap_pushed>(random, [&](entry& one, auto& it) {
    for (auto n = of.place(&one) + 1; n < of.entries.size(); ++n)
      if (auto* push = of.entries[n].as<batch_pushed>(); push && push->stream == it.stream)
        return it.from <= it.to.seq && push->prev == it.to.seq;
    return false;
  });
  if (found) of.remove(found);
  return found;
}
bool begin_the_gap_elsewhere(tape& of, chance& random) {
  auto* found = of.pick<gap_pushed>(random);
  if (found) ++found->as<gap_pushed>()->from;
  return found;
}
bool push_out_of_nowhere(tape& of, chance& random) {
  auto* found = batch(of, random);
  if (!found) return false;
  const auto room = of.asked(found->as<batch_pushed>()->stream)->room;
  of.insert_after(found, {stray{room, of.base.name("reader0"), of.base.name("batch")}, {}, {}});
  return true;
}

bool change_a_byte(tape& of, chance& random) {
  auto* shown = shown_event(of, random);
  if (shown) shown->content ^= std::uint64_t{1} << (random() % 64);
  return shown;
}
bool show_another_term(tape& of, chance& random) {
  if (of.has_lost_tail()) return false;
  auto* shown = shown_event(of, random);
  if (shown) shown->term += 3;
  return shown;
}
bool show_a_phantom(tape& of, chance& random) {
  auto* found = of.pick<settled>(random);
  const auto stream = found->as<settled>()->stream;
  const auto head = of.reading(of.asked(stream)->room)->as<stored>()->head;
  event phantom;
  phantom.seq = head.seq + 1;
  phantom.term = head.term;
  phantom.content = random();
  const entry push{batch_pushed{stream, stream_phase::live, head.seq, {}}, {phantom}, {}};
  of.entries.insert(of.entries.begin() + static_cast<std::ptrdiff_t>(of.place(found)), push);
  return true;
}
bool show_a_version_to_come(tape& of, chance& random) {
  auto* shown = shown_event(of, random);
  if (shown) shown->version += 1;
  return shown;
}
bool show_as_deleted(tape& of, chance& random) {
  auto* shown = shown_event(of, random);
  if (!shown || shown->deleted) return false;
  shown->deleted = true;
  return true;
}
bool name_a_start_that_is_not_stored(tape& of, chance& random) {
  if (of.has_lost_tail()) return false;
  auto* found =
      of.pick<join_ended>(random, [&](auto&, auto& it) { return it.head.seq > of.floor(of.asked(it.stream)->room); });
  if (found) ++found->as<join_ended>()->head.term;
  return found;
}
/// The tape's rooms hold different contents, so that one of them is a stranger in the other.
bool show_another_rooms_event(tape& of, chance& random) {
  auto* shown = shown_event(of, random);
  if (!shown) return false;
  entry* home = nullptr;
  for (auto& one : of.entries)
    if (auto* push = one.as<batch_pushed>(); push && !one.events.empty() && &one.events.back() == shown) home = &one;
  const auto room = of.asked(home->as<batch_pushed>()->stream)->room;
  auto* stranger = of.pick<publish_asked>(random, [&](auto&, auto& it) { return it.room != room; });
  if (!stranger) return false;
  shown->content = stranger->as<publish_asked>()->content;
  return true;
}

/// The greatest ack of the room before a join, moved in front of its request, as if it had come before.
bool join_below_an_ack(tape& of, chance& random) {
  auto* found = of.pick<join_ended>(random, [&](entry& one, auto& it) {
    const auto room = of.asked(it.stream)->room;
    for (auto n = of.place(&one) + 1; n < of.entries.size(); ++n)
      if (auto* ack = of.entries[n].as<publish_ended>();
          ack && ack->outcome == phase::ok && of.asked(ack->attempt)->room == room)
        return ack->at.seq > it.head.seq && of.stored_row(room, ack->at.seq);
    return false;
  });
  if (!found) return false;
  const auto stream = found->as<join_ended>()->stream;
  const auto room = of.asked(stream)->room;
  auto ack = std::find_if(of.entries.begin() + static_cast<std::ptrdiff_t>(of.place(found)), of.entries.end(),
                          [&](entry& one) {
                            auto* it = one.template as<publish_ended>();
                            return it && it->outcome == phase::ok && of.asked(it->attempt)->room == room;
                          });
  auto* asked = of.first<publish_asked>([&](auto& it) { return it.attempt == ack->as<publish_ended>()->attempt; });
  const entry moved_asked = *asked, moved_ack = *ack;
  of.entries.erase(ack);
  of.remove(of.first<publish_asked>(
      [&](auto& it) { return it.attempt == std::get<publish_asked>(moved_asked.what).attempt; }));
  auto* join = of.first<join_asked>([&](auto& it) { return it.stream == stream; });
  const auto place = of.entries.begin() + static_cast<std::ptrdiff_t>(of.place(join));
  of.entries.insert(of.entries.insert(place, moved_ack), moved_asked);
  return true;
}
bool answer_with_an_old_head(tape& of, chance& random) {
  std::map<room_id, std::uint64_t> acked;
  std::map<stream_id, std::uint64_t> before;
  for (auto& one : of.entries) {
    if (auto* ack = one.as<publish_ended>(); ack && ack->outcome == phase::ok) {
      auto& so_far = acked[of.asked(ack->attempt)->room];
      if (of.stored_row(of.asked(ack->attempt)->room, ack->at.seq)) so_far = std::max(so_far, ack->at.seq);
    }
    if (auto* join = one.as<join_asked>()) before[join->stream] = acked[join->room];
  }
  auto* found = of.pick<join_ended>(random, [&](auto&, auto& it) { return before[it.stream] > 1; });
  if (found) found->as<join_ended>()->head.seq = before[found->as<join_ended>()->stream] - 1;
  return found;
}

bool leave_a_reader_behind(tape& of, chance& random) {
  auto* found = of.pick<settled>(random);
  const auto stream = found->as<settled>()->stream;
  for (auto n = of.entries.size(); n-- > 0;) {
    auto* push = of.entries[n].as<batch_pushed>();
    if (!push || push->stream != stream) continue;
    const auto prev = push->prev;
    of.entries.erase(of.entries.begin() + static_cast<std::ptrdiff_t>(n));
    for (auto m = n; m < of.entries.size(); ++m)  // and what was told about it
      if (auto* live = of.entries[m].as<live_pushed>(); live && live->stream == stream) live->at.seq = prev;
    return true;
  }
  return false;
}

bool gap_without_cause(tape& of, chance& random, gap_reason reason) {
  auto* found = of.pick<batch_pushed>(random, [&](entry& it, auto& push) {
    const auto floor = of.floor(of.asked(push.stream)->room);
    return it.events.size() > 1 && it.events.front().seq > floor;
  });
  if (!found) return false;
  const auto skipped = found->events.front();
  found->events.erase(found->events.begin());
  auto& push = *found->as<batch_pushed>();
  const gap_pushed gap{
      push.stream, reason, reason == gap_reason::reset ? 1 : push.prev + 1, {skipped.term, skipped.seq}};
  push.prev = skipped.seq;
  of.entries.insert(of.entries.begin() + static_cast<std::ptrdiff_t>(of.place(found)), entry{gap, {}, {}});
  return true;
}
bool reset_without_cause(tape& of, chance& random) {
  return !of.has_lost_tail() && gap_without_cause(of, random, gap_reason::reset);
}
bool retain_without_cause(tape& of, chance& random) { return gap_without_cause(of, random, gap_reason::retention); }
bool gap_of_no_known_reason(tape& of, chance& random) {
  auto* found = of.pick<gap_pushed>(random);
  if (found) found->as<gap_pushed>()->reason = gap_reason::other;
  return found;
}
bool forget_that_a_tail_was_lost(tape& of, chance& random) {
  auto* found = of.pick<gap_pushed>(random, [](auto&, auto& it) { return it.reason == gap_reason::reset; });
  if (!found) return false;
  std::erase_if(of.entries, [](entry& one) { return one.as<lost_tail>(); });
  return true;
}
bool fold_another_edit(tape& of, chance& random) {
  // The last thing that a settled reader heard of a message says another body, while all else of it is right.
  auto* mark = of.pick<settled>(random);
  const auto stream = mark->as<settled>()->stream;
  const auto room = of.asked(stream)->room;
  // A reset makes the reader forget.
  if (of.first<gap_pushed>([&](auto& it) { return it.stream == stream && it.reason == gap_reason::reset; }))
    return false;
  for (auto n = of.entries.size(); n-- > 0;) {
    auto* push = of.entries[n].as<batch_pushed>();
    if (!push || push->stream != stream) continue;
    for (auto& shown : of.entries[n].events) {
      const auto* target = of.stored_row(room, shown.target);
      if (shown.kind != event_kind::updated || shown.deleted || !target || target->deleted ||
          target->version != shown.version)
        continue;
      // Held, and held in an older version: else this edit changes nothing for the reader.
      bool is_held = false;
      for (auto& one : of.entries)
        if (auto* other = one.as<batch_pushed>(); other && other->stream == stream)
          for (auto& held : one.events) is_held |= held.seq == shown.target && held.version < shown.version;
      if (!is_held) continue;
      shown.body ^= 1;
      return true;
    }
  }
  return false;
}

const mutation all[] = {
    {"drop an event", {3}, drop_an_event},
    {"repeat an event", {3}, repeat_an_event},
    {"swap events", {3}, swap_events},
    {"send a batch again", {3}, send_a_batch_again},
    {"send an empty batch", {3}, send_an_empty_batch},
    {"lie about prev", {3}, lie_about_prev},
    {"lie about the phase", {3}, lie_about_the_phase},
    {"say live twice", {3}, say_live_twice},
    {"say live elsewhere", {3}, say_live_elsewhere},
    {"never say live", {3, 11}, never_say_live},  // where nothing follows it is only late
    {"fall behind in silence", {3}, fall_behind_in_silence},
    {"resume one too far", {3}, resume_one_too_far},
    {"rewind too little", {3}, rewind_too_little},
    {"deny the recovery", {3}, deny_the_recovery},
    {"jump unasked", {3}, jump_unasked},
    {"leave the gap out", {3}, leave_the_gap_out},
    {"begin the gap elsewhere", {3}, begin_the_gap_elsewhere},
    {"push out of nowhere", {3}, push_out_of_nowhere},
    {"change a byte", {4}, change_a_byte},
    {"show another term", {4}, show_another_term},
    {"show a phantom", {4}, show_a_phantom},
    {"show a version to come", {4}, show_a_version_to_come},
    {"show as deleted", {4}, show_as_deleted},
    {"name a head that is not stored", {4}, name_a_start_that_is_not_stored},
    {"show another room's event", {12}, show_another_rooms_event},
    {"answer with an old head", {7}, answer_with_an_old_head},
    {"move an ack before a join", {7}, join_below_an_ack},
    {"leave a reader behind", {11}, leave_a_reader_behind},
    {"reset without cause", {15}, reset_without_cause},
    {"retain without cause", {15}, retain_without_cause},
    {"gap of no known reason", {15}, gap_of_no_known_reason},
    {"forget that a tail was lost", {15}, forget_that_a_tail_was_lost},
    {"fold another edit", {14}, fold_another_edit},
};

}  // namespace

std::span<const mutation> mutations_of_streams() { return all; }

}  // namespace parley::checker::judged
