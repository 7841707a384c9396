// The feed and the watch over lost tails, as actors/feed_actor and feeds_actor are.
#include "actors/core/overload.hpp"
#include "tests/exhaustive/world.hpp"

namespace parley::exhaustive {

void world::subscribe() {
  lanes_[subscribing].push_back(
      std::make_shared<const message>(message{next_id(), place(who::feed), "subscribed", [](world& w) {
                                                w.tell_feed([&](feed& f) { return f.subscribed(w.now_); });
                                              }}));
}

void world::tell_feed(const std::function<feed::effects(feed&)>& what) {
  auto& shell = feed_.change();
  if (!shell.core) return;
  perform(what(*shell.core));
}

void world::read_head(question q) {
  const auto tell = [q](world& w, const result<marked_head>& seen) {
    w.tell_feed([&](feed& f) {
      if (seen.has_error()) return f.head_answered(q, seen.error(), std::nullopt, w.now_);
      return f.head_answered(q, seen->head, seen->mark, w.now_);
    });
  };
  ask({"read the head", statement::kind::read, reader_node(), place(who::feed),
       [tell](world& w) -> task { return [tell, seen = w.stored_->head()](world& then) { tell(then, seen); }; },
       [tell](world& w, const error& e) { tell(w, e); }});
}

template <class Effect>
void world::to_asker(feed_ticket ticket, const char* name, Effect tell) {
  auto taken = feed_.change().askers.extract(ticket);
  if (taken.empty()) return fail("a second answer to one question of a reader");
  const auto who_asked = taken.mapped();
  post_slow(place(who::connection), name, [who_asked, tell = std::move(tell)](world& w) {
    auto& mine = w.connection_.change();
    if (who_asked.is_attach && mine.gen == who_asked.gen && mine.merge) mine.has_feed = true;
    if (who_asked.is_attach && mine.gen != who_asked.gen) {  // it went away meanwhile, and the feed counts it
      w.post(place(who::feed), "detach",
             [](world& then) { then.tell_feed([](feed& f) { return f.detach(thread_index{0}); }); });
    }
    w.tell_merge(who_asked.gen, tell);
  });
}

void world::perform(feed::effects effects) {
  const auto key = testing::room_named("general")->key;
  const auto to_thread = [&](const char* name, task what) { post_slow(place(who::thread), name, std::move(what)); };
  for (auto& effect : effects) {
    std::visit(
        overload{[&](const feed::ask_head& e) {
                   if (e.from_storage) return read_head(e.q);
                   post(place(who::shard, reader_node()), "head question",
                        [q = e.q](world& w) { w.head_asked(w.reader_node(), q); });
                 },
                 [&](const feed::ask_newest& e) {
                   const auto tell = [q = e.q](world& w, const result<history_page>& page) {
                     w.tell_feed([&](feed& f) { return f.newest_answered(q, page, w.now_); });
                   };
                   ask({"read the newest", statement::kind::read, reader_node(), place(who::feed),
                        [tell, limit = e.limit](world& w) -> task {
                          return [tell, page = w.stored_->newest(limit)](world& then) { tell(then, page); };
                        },
                        [tell](world& w, const error& why) { tell(w, why); }});
                 },
                 [&](const feed::ask_range& e) {
                   const auto tell = [q = e.q](world& w, const result<range_page>& page) {
                     w.tell_feed([&](feed& f) { return f.range_answered(q, page, w.now_); });
                   };
                   ask({"read a range", statement::kind::read, reader_node(), place(who::feed),
                        [tell, after = e.after, limit = e.limit](world& w) -> task {
                          return [tell, page = w.stored_->range(after, limit)](world& then) { tell(then, page); };
                        },
                        [tell](world& w, const error& why) { tell(w, why); }});
                 },
                 [&](const feed::open_thread& e) {
                   to_thread("open", [key, at = e.at](world& w) { w.thread_.change().table.open(key, at); });
                 },
                 [&](const feed::close_thread&) { to_thread("close", [](world& w) { w.close_table(); }); },
                 [&](const feed::reset_threads&) { to_thread("reset", [](world& w) { w.close_table(); }); },
                 [&](feed::deliver& e) {
                   if (feed_->core->threads().empty()) return;
                   auto f = std::make_shared<const frame>(frame{e.before, std::move(e.events)});
                   to_thread("frame", [f](world& w) { w.deliver_frame(f); });
                 },
                 [&](const feed::attached& e) {
                   to_asker(e.ticket, "attached", [view = e.view](join_merge& m) { return m.attached(view); });
                 },
                 [&](const feed::fetched& e) {
                   to_asker(e.ticket, "fetched", [page = e.page](join_merge& m) { return m.fetched(page); });
                 },
                 [&](const feed::failed& e) {
                   to_asker(e.ticket, "failed", [why = e.why](join_merge& m) { return m.failed(why); });
                 },
                 [&](const feed::marked& e) { feed_.change().watch.head_read(testing::room_named("general"), e.mark); },
                 [&](const feed::hole_filled&) {},
                 [&](const feed::broken&) { fail("the feed calls a whole log broken"); }},
        effect);
  }
}

void world::poll() {
  if (!feed_->core) return;
  ask({"poll the marks", statement::kind::read, reader_node(), place(who::feed),
       [](world& w) -> task {
         return [mark = w.stored_->head().mark](world& then) {
           if (then.feed_.change().watch.polled(shard_id{0}, mark).empty()) return;
           then.ask({"poll the heads", statement::kind::read, then.reader_node(), place(who::feed),
                     [](world& at) -> task {
                       return [seen = at.stored_->head()](world& last) {
                         last.tell_feed([&](feed& f) { return f.head_seen(seen.head, seen.mark, last.now_); });
                       };
                     },
                     [](world&, const error&) {}});
         };
       },
       [](world&, const error&) {}});
}

}  // namespace parley::exhaustive
