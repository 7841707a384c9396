#pragma once

#include "actors/core/join_merge.hpp"
#include "tests/core/given.hpp"

#include <catch2/catch.hpp>

#include <sstream>

namespace parley::testing {

using effects = join_merge::effects;
using on_gap = request::on_gap;

inline request::join_options live_only() { return {}; }
inline request::join_options rewind_of(std::uint32_t events) {
  request::join_options o;
  o.rewind = events;
  return o;
}
inline request::join_options since_of(position p, on_gap gap = on_gap::fill, std::uint32_t max = 100) {
  request::join_options o;
  o.since = p;
  o.gap = gap;
  o.max = max;
  return o;
}

inline feed_view view_of(event_list events, position before, position floor = {}) {
  const auto last = events.empty() ? before : events.back()->at_position();
  return {head_at(last, floor), before, std::make_shared<const event_list>(std::move(events)), last};
}
inline range_page page_of(event_list events, std::optional<std::uint64_t> anchor, position head, position floor = {}) {
  return {std::move(events), anchor ? std::optional{term{*anchor}} : std::nullopt, head_at(head, floor), mark_of(1, 1)};
}

/// What a merge asks for, in words: "joined 3/9 rec batch<4-9 live@9".
inline std::string words(const effects& all) {
  std::ostringstream out;
  const auto say = [&](const auto& what) { out << (out.tellp() > 0 ? " " : "") << what; };
  for (const auto& e : all) {
    if (std::holds_alternative<join_merge::attach>(e)) say("attach");
    if (std::holds_alternative<join_merge::detach>(e)) say("detach");
    if (std::holds_alternative<join_merge::await_drained>(e)) say("drain");
    if (const auto* f = std::get_if<join_merge::fetch>(&e)) {
      say("fetch>" + std::to_string(f->after.value) + "x" + std::to_string(f->limit));
    }
    if (const auto* j = std::get_if<join_merge::joined>(&e)) {
      std::ostringstream at_words;
      at_words << "joined" << j->what.start << "of" << j->what.head;
      say(at_words.str());
      if (j->what.recovered) say(*j->what.recovered ? "recovered" : "unrecovered");
    }
    if (const auto* r = std::get_if<join_merge::refused>(&e))
      say("refused" + std::to_string(static_cast<int>(r->why.code)));
    if (const auto* g = std::get_if<join_merge::go_live>(&e)) {
      std::ostringstream at_words;
      at_words << "live@" << g->at;
      say(at_words.str());
    }
    if (std::holds_alternative<join_merge::broken>(e)) say("broken");
    const auto* s = std::get_if<join_merge::send>(&e);
    if (s == nullptr) continue;
    if (const auto* b = std::get_if<push::batch>(&s->what)) {
      CHECK(b->phase == push::phase::history);
      CHECK(b->before == previous(b->events.front()->seq));
      say("batch<" + std::to_string(b->events.front()->seq.value) + "-" + std::to_string(b->events.back()->seq.value));
    }
    if (const auto* c = std::get_if<push::catching_up>(&s->what)) say("catching_up@" + std::to_string(c->at.seq.value));
    if (const auto* g = std::get_if<push::gap>(&s->what)) {
      static const char* const reasons[] = {"retention", "jump", "reset"};
      std::ostringstream at_words;
      at_words << reasons[static_cast<int>(g->reason)] << g->from << ".." << g->to;
      say(at_words.str());
    }
  }
  return out.str();
}

/// A merge that was just attached with this view.
struct given_merge {
  given_merge(const request::join_options& options, const feed_view& view, std::uint32_t page_events = 100)
      : core("general", options, {page_events}) {
    CHECK(words(core.start()) == "attach");
    said = words(core.attached(view));
  }
  std::string fetched(const range_page& page) { return words(core.fetched(page)); }

  join_merge core;
  std::string said;
};

inline given_merge live_at(position p) {
  given_merge m{live_only(), view_of({}, p)};
  CHECK(words(m.core.row_live(p)).empty());
  CHECK(m.core.state() == join_merge::state::live);
  return m;
}

inline const feed_view one_to_nine = view_of(events_of(1, 1, 9), {});
inline const feed_view late_window = view_of(events_of(1, 91, 99), at(1, 90));  // the log is longer than the window

}  // namespace parley::testing
