// The writer, as actors/writer_actor is, and its statements.
#include "tests/exhaustive/world.hpp"

namespace parley::exhaustive {

void world::perform(std::size_t n, shard_writer::effects effects) {
  for (auto& effect : effects) {
    std::visit([&](auto& e) { perform_one(n, e); }, effect);
  }
}

void world::perform_one(std::size_t n, shard_writer::append& e) {
  const auto batch = ++nodes_[n].writer.change().batch;
  const auto tell = [n, batch](world& w, result<append_outcome> outcome) {
    if (w.nodes_[n].writer->batch != batch) return;
    w.perform(n, w.writer(n).appended(std::move(outcome), w.now_, w.wall()));
  };
  ask({"append", statement::kind::write, n, place(who::writer, n),
       [tell, what = std::make_shared<const append_batch>(std::move(e.batch))](world& w) -> task {
         return [tell, outcome = w.stored_.change().append(*what, w.current_)](world& then) { tell(then, outcome); };
       },
       [tell](world& w, const error& why) { tell(w, why); }});
}

void world::perform_one(std::size_t n, shard_writer::recover& e) {
  const auto batch = ++nodes_[n].writer.change().batch;
  const auto tell = [n, batch](world& w, result<recovered> outcome) {
    if (w.nodes_[n].writer->batch != batch) return;
    w.perform(n, w.writer(n).recovered(std::move(outcome), w.now_, w.wall()));
  };
  ask({"recover", statement::kind::write, n, place(who::writer, n),
       [tell, what = std::make_shared<const recover_request>(std::move(e.request))](world& w) -> task {
         return [tell, outcome = w.stored_.change().recover(*what, w.current_)](world& then) { tell(then, outcome); };
       },
       [tell](world& w, const error& why) { tell(w, why); }});
}

void world::perform_one(std::size_t n, shard_writer::room_results& e) {
  if (const auto life = nodes_[n].writer->room_life; life != 0) {
    post(place(who::room, n), "results",
         [n, life, results = std::move(e)](world& w) { w.room_results(n, life, results); });
  }
}

void world::perform_one(std::size_t n, shard_writer::late_events& e) {
  const room_envelope envelope{e.room->key, e.before, std::move(e.events)};
  post_redis(n, "late copy",
             [envelope](world& w) { w.tell_feed([&](feed& f) { return f.arrived(envelope, w.now_); }); });
}

void world::perform_one(std::size_t n, shard_writer::shard_moved& e) {
  if (!nodes_[n].writer->has_shard) return;
  post(place(who::shard, n), "shard moved", [n, e](world& w) {
    auto& shard = w.nodes_[n].shard.change();
    if (shard.owned_under == e.mark.term) shard.book.moved(e.mark, e.heads);
  });
}

void world::perform_one(std::size_t n, shard_writer::step_down& e) {
  auto& shell = nodes_[n].writer.change();
  shell.room_life = 0;
  shell.has_shard = false;
  if (stored_->is_owner(n) && stored_->head().mark.term == e.term)
    fail("stepped down although nothing was wrong: " + e.reason);
  post(place(who::ownership, n), "fenced", [n, under = e.term](world& w) {
    if (w.nodes_[n].owner.change().stepped_down(shard_id{0}, under)) w.let_go(n, under);
  });
}

}  // namespace parley::exhaustive
