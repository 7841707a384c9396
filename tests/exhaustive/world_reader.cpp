// The reader's connection, its thread with the live table, and its outbox, as actors/connection_actor and net/ are.
#include "actors/core/overload.hpp"
#include "tests/exhaustive/world.hpp"

#include <algorithm>

namespace parley::exhaustive {

bool world::frame::holds(position p) const {
  return std::ranges::any_of(events, [&](const auto& e) { return e->at_position() == p; });
}

// ---- the connection --------------------------------------------------------------------------------------------

void world::tell_merge(generation gen, const std::function<join_merge::effects(join_merge&)>& what) {
  auto& mine = connection_.change();
  if (mine.gen == gen && mine.merge) perform(what(*mine.merge));
}

void world::perform(join_merge::effects effects) {
  const auto gen = connection_->gen;
  const auto ask_feed = [&](const char* name, bool is_attach, auto what) {
    post(place(who::feed), name, [gen, is_attach, what](world& w) {
      auto& shell = w.feed_.change();
      if (!shell.core) {
        shell.core.emplace(testing::room_named("general")->key, w.now_, w.options_of_feed());
        (void)shell.watch.added(testing::room_named("general"));
        w.subscribe();
      }
      const feed_ticket ticket{++shell.last_ticket};
      shell.askers.emplace(ticket, asker{gen, is_attach});
      w.tell_feed([&](feed& f) { return what(f, ticket, w.now_); });
    });
  };
  const auto to_thread = [&](const char* name, auto what) {
    post_slow(place(who::thread), name, [gen, what = shown{std::move(what)}](world& w) { w.show(gen, what); });
  };
  for (auto& effect : effects) {
    std::visit(
        overload{
            [&](const join_merge::attach&) {
              ask_feed("attach", true,
                       [](feed& f, feed_ticket t, instant now) { return f.attach(t, thread_index{0}, now); });
            },
            [&](const join_merge::detach&) {
              if (!std::exchange(connection_.change().has_feed, false)) return;
              post(place(who::feed), "detach",
                   [](world& w) { w.tell_feed([](feed& f) { return f.detach(thread_index{0}); }); });
            },
            [&](const join_merge::fetch& e) {
              ask_feed("fetch", false,
                       [e](feed& f, feed_ticket t, instant now) { return f.fetch(t, e.after, e.limit, now, e.held); });
            },
            [&](join_merge::joined& e) { to_thread("joined", std::move(e.what)); },
            [&](join_merge::refused& e) {
              connection_.change().merge.reset();
              to_thread("refused", std::move(e.why));
            },
            [&](join_merge::send& e) { std::visit([&](auto& push) { to_thread("push", std::move(push)); }, e.what); },
            [&](const join_merge::await_drained&) { to_thread("tell when drained", drained_mark{}); },
            [&](const join_merge::go_live& e) {
              post_slow(place(who::thread), "go live", [gen, at = e.at](world& w) { w.go_live(gen, at); });
            },
            [&](const join_merge::broken&) { fail("the merge calls a whole log broken"); }},
        effect);
  }
}

// ---- the thread ------------------------------------------------------------------------------------------------

struct world::sink {
  world& w;

  bool write(std::uint32_t gen, const frame_ptr& f) { return w.write_live(generation{gen}, f->before(), f->events); }
  bool write_after(std::uint32_t gen, const frame_ptr& f, position at) {
    const auto rest = std::ranges::find_if(f->events, [&](const auto& e) { return e->seq > at.seq; });
    return w.write_live(generation{gen}, at, {rest, f->events.end()});
  }
  void live(std::uint32_t gen, const room_key&, generation, position at) {
    w.show(generation{gen}, push::live{"general", at});
    w.tell_connection("row live", generation{gen}, [at](join_merge& m) { return m.row_live(at); });
  }
  void behind(std::uint32_t gen, const room_key&, generation, position at, bool was_live) {
    for (auto& e : w.thread_.change().outbox) e.live_before.reset();  // what stands there stays
    w.tell_behind(generation{gen}, at, was_live);
  }
};

void world::tell_connection(const char* name, generation gen, std::function<join_merge::effects(join_merge&)> what) {
  post(
      place(who::connection), name, [gen, what = std::move(what)](world& w) { w.tell_merge(gen, what); },
      plan_->is_front_explored);
}

void world::tell_behind(generation gen, position at, bool was_live) {
  tell_connection("row behind", gen, [at, was_live](join_merge& m) { return m.row_behind(at, was_live); });
}

void world::deliver_frame(const frame_ptr& f) {
  sink to{*this};
  thread_.change().table.deliver(testing::room_named("general")->key, f, to);
}

void world::close_table() {
  sink to{*this};
  thread_.change().table.close(testing::room_named("general")->key, to);
}

void world::go_live(generation gen, position at) {
  if (thread_->gen != gen) return;
  sink to{*this};
  thread_.change().table.go_live(gen.value, testing::room_named("general")->key, gen, at, to);
}

void world::show(generation gen, shown what, std::optional<position> live_before) {
  outbox_entry e{gen, std::move(what), live_before};
  auto& outbox = thread_.change().outbox;
  if (plan_->is_reader_slow && !(outbox.empty() && std::holds_alternative<drained_mark>(e.what))) {
    outbox.push_back(std::move(e));
  } else {
    give(e);
  }
}

/// A full outbox drops the live batches that the socket was not given, and the row goes back to the last one given.
bool world::write_live(generation gen, position before, event_list events) {
  auto& mine = thread_.change();
  if (mine.gen != gen) return false;
  const auto first = std::ranges::find_if(mine.outbox, [](const auto& e) { return e.live_before.has_value(); });
  if (first == mine.outbox.end()) {
    show(gen, push::batch{"general", before.seq, push::phase::live, std::move(events)}, before);
    return true;
  }
  const auto back_to = *first->live_before;
  std::erase_if(mine.outbox, [](const auto& e) { return e.live_before.has_value(); });
  tell_behind(gen, back_to, true);
  return false;
}

void world::give(const outbox_entry& e) {
  if (std::holds_alternative<drained_mark>(e.what)) {
    post_slow(place(who::connection), "drained",
              [gen = e.gen](world& w) { w.tell_merge(gen, [](join_merge& m) { return m.drained(); }); });
  }
  if (e.gen != reader_.gen) return;
  if (auto wrong = reader_.told(e.what, *stored_); !wrong.empty()) fail(std::move(wrong));
}

}  // namespace parley::exhaustive
