#include "tests/checker/judged/mutations.hpp"

namespace parley::checker::judged {

namespace {

using entry = tape::entry;

bool answer_before_the_request(tape& of, chance& random) {
  auto* found = of.pick<publish_ended>(random);
  if (!found) return false;
  const auto moved = *found;
  of.remove(found);
  auto* asked =
      of.first<publish_asked>([&](auto& it) { return it.attempt == std::get<publish_ended>(moved.what).attempt; });
  of.entries.insert(of.entries.begin() + static_cast<std::ptrdiff_t>(of.place(asked)), moved);
  return true;
}
bool push_before_the_join(tape& of, chance& random) {
  auto* found = of.pick<batch_pushed>(random);
  if (!found) return false;
  const auto moved = *found;
  of.remove(found);
  of.entries.insert(of.entries.begin(), moved);
  return true;
}
bool give_a_term_two_owners(tape& of, chance& random) {
  auto* found = of.pick<owned>(random);
  auto other = *found->as<owned>();
  other.node = of.base.name("usurper");
  of.insert_after(found, {other, {}, {}});
  return true;
}
bool acknowledge_nothing_after_the_healing(tape& of, chance& random) {
  const auto healed_at = of.place(of.first<healed>([](auto&) { return true; }));
  const auto room = of.pick<stored>(random)->as<stored>()->room;
  for (auto n = healed_at; n < of.entries.size(); ++n)
    if (auto* ended = of.entries[n].as<publish_ended>(); ended && of.asked(ended->attempt)->room == room)
      *ended = {ended->attempt, phase::info, false, of.base.name("timeout"), {}};
  return true;
}
bool see_a_canary_elsewhere(tape& of, chance& random) {
  const auto word = of.base.name("tweet");
  const auto room = of.base.room("tenant/secret");
  const bool same_instance = random() % 2;
  of.entries.insert(of.entries.begin(), entry{canary{word, room}, {}, {}});
  if (same_instance) of.entries.push_back({access{of.base.name("friend"), room, true, 0}, {}, {}});
  of.entries.push_back(
      {canary_seen{word, of.base.name("stranger"), same_instance ? of.base.name("tenant") : name_id::none}, {}, {}});
  return true;
}
bool let_a_stranger_join(tape& of, chance& random) {
  auto* found = of.pick<join_asked>(random);
  const auto room = found->as<join_asked>()->room;
  bool is_joined = false;
  for (auto& one : of.entries)
    if (auto* it = one.as<join_ended>()) is_joined |= of.asked(it->stream)->room == room;
  of.entries.insert(of.entries.begin(), entry{access{of.base.name("friend"), room, true, 0}, {}, {}});
  return is_joined;
}
bool show_more_than_the_right(tape& of, chance& random) {
  auto* found = of.pick<batch_pushed>(random);
  if (!found) return false;
  const auto asked = *of.asked(found->as<batch_pushed>()->stream);
  const access lost{asked.reader, asked.room, false, found->events.back().seq - 1};
  of.entries.insert(of.entries.begin() + static_cast<std::ptrdiff_t>(of.place(found)), entry{lost, {}, {}});
  // All of them were allowed before.
  std::set<name_id> readers;
  for (auto& one : of.entries)
    if (auto* join = one.as<join_asked>(); join && join->room == asked.room) readers.insert(join->reader);
  for (const auto reader : readers)
    of.entries.insert(of.entries.begin(), entry{access{reader, asked.room, true, 0}, {}, {}});
  return true;
}
bool use_too_much(tape& of, chance& random) {
  static const char* const resources[] = {"rss", "fds", "connections"};
  const auto resource = of.base.name(resources[random() % 3]);
  const auto most = 1 + random() % 1'000'000;
  of.entries.insert(of.entries.begin(),
                    entry{limit{random() % 2 ? name_id::none : of.base.name("n1"), resource, most}, {}, {}});
  of.entries.push_back({used{of.base.name("n1"), resource, most}, {}, {}});
  of.entries.push_back({used{of.base.name("n1"), resource, most + 1 + random() % 100}, {}, {}});
  return true;
}

const mutation all[] = {
    {"move an answer before its request", {0}, answer_before_the_request},
    {"move a push before its join", {0}, push_before_the_join},
    {"give a term two owners", {10}, give_a_term_two_owners},
    {"acknowledge nothing after the healing", {11}, acknowledge_nothing_after_the_healing},
    {"see a canary elsewhere", {12}, see_a_canary_elsewhere},
    {"let a stranger join", {12}, let_a_stranger_join},
    {"show more than the right", {12}, show_more_than_the_right},
    {"use too much", {13}, use_too_much},
};

}  // namespace

std::span<const mutation> mutations_of_the_run() { return all; }

}  // namespace parley::checker::judged
