#include "storage/postgres/database_links.hpp"
#include "storage/postgres/page_rows.hpp"

#include <algorithm>
#include <iterator>

namespace parley {

using postgres::exchange_end;
using postgres::refusal_kind;
namespace sql = postgres::sql;

void postgres_database::links::append(postgres::append_request request, completion<append_outcome> done) {
  auto p =
      std::make_shared<pending_append>(pending_append{std::move(request), std::move(done), clock::now(), false, {}});
  appends_.push_back(p);
  send(p);
}

void postgres_database::links::send(const pending_ptr& p) {
  written_to_ = writer_->history();
  writer_->submit({p->request.commands(),
                   [self = shared_from_this(), p](exchange_end end) { self->appended(p, std::move(end)); }, false});
}

void postgres_database::links::appended(const pending_ptr& p, exchange_end end) {
  if (end.is_done()) return finish(p, append_outcome{p->request.verdicts_of(end.answers), {}});
  if (end.refusal && kind_of(*end.refusal) == refusal_kind::key_exists && p->request.has_keys())
    return look_keys_up(p, *end.refusal);
  if (end.refusal && kind_of(*end.refusal) == refusal_kind::locked)
    return finish(p, error{errc::locked, to_error(end).detail});
  finish(p, to_write_error(end));
}

/// A key was there already, and the batch was rolled back. Keys that ended go first: they are no answer. Where nothing
/// is left after that, the same batch goes out once more; its attempt id was rolled back with it, so that is safe.
void postgres_database::links::look_keys_up(const pending_ptr& p, const postgres::server_refusal& why) {
  writer_->submit({p->request.key_commands(),
                   [self = shared_from_this(), p, why](exchange_end end) {
                     if (end.how != exchange_end::fate::done) return self->finish(p, to_error(end));
                     auto found = postgres::append_request::keys(end.answers.back());
                     if (!found.empty()) {
                       self->context_->probe.duplicates_found(found.size());
                       return self->finish(p, append_outcome{{}, std::move(found)});
                     }
                     // Twice refused and twice nothing found: the batch holds one key twice.
                     if (p->is_second_attempt) return self->finish(p, error{errc::refused_content, why.message});
                     p->is_second_attempt = true;
                     self->send(p);
                   },
                   false});
}

void postgres_database::links::finish(const pending_ptr& p, result<append_outcome> outcome) {
  if (!outcome)
    context_->probe.batch_failed(outcome.error().code);
  else if (outcome->duplicates.empty())
    context_->probe.batch_committed(p->request.events(), clock::now() - p->since);
  p->outcome = std::move(outcome);
  while (!appends_.empty() && appends_.front()->outcome) {
    const auto first = std::move(appends_.front());
    appends_.pop_front();
    first->done(std::move(*first->outcome));
  }
}

/// C6. Patient: waits for a connection without end. The lock waits for an old backend that is still at work.
void postgres_database::links::recover(std::shared_ptr<const recover_request> request, completion<recovered> done) {
  using of = postgres::array::of;
  postgres::array shards(of::int4), terms(of::int8), pasts(of::int8);
  for (const auto& part : request->shards) {
    shards.add(part.shard);
    terms.add(part.term);
    pasts.add(part.past);
  }
  postgres::parameters p;
  p.add(std::string_view(request->owner)).add(shards).add(terms).add(pasts);
  postgres::exchange e;
  e.commands.push_back({&sql::recover, std::move(p)});
  e.is_patient = true;
  e.done = [self = shared_from_this(), request, done = std::move(done)](exchange_end end) mutable {
    if (self->is_stopped_) return done(error{errc::unavailable, "the node stops"});
    // Rolled back, or never sent: `past` is still free, try again. A lost or doubtful one is the caller's to repeat.
    if (end.how == exchange_end::fate::refused || end.how == exchange_end::fate::unsent)
      return self->recover_later(std::move(request), std::move(done));
    if (!end.is_done()) return done(to_write_error(end));
    recovered found;
    const auto& rows = end.answers.front();
    // Another history answers than the batch was sent to (C7). The former may have shown that batch to readers before
    // it was lost, as after a cancelled wait for the standby (F10): then nothing more may be numbered under this term.
    // The lease's renewal finds that out too, but later.
    const auto& former = self->written_to_;
    const bool is_same_history = former == database_identity{} || former == self->writer_->history();
    for (int row = 0; row < rows.count(); ++row)
      found.shards.push_back({request->shards[static_cast<std::size_t>(row)].shard,
                              is_same_history && rows.flag(row, 0), rows.id<attempt>(row, 1)});
    self->read_recovered_heads(std::move(request), std::move(found), std::move(done));
  };
  writer_->submit(std::move(e));
}

/// A statement of its own, after the commit: its snapshot shows what the lock waited for. A shard that moved to another
/// database has no heads here, and must not hold up the others' recovery: then those are read that are still the
/// asker's. Heads of what it lost say nothing to it.
void postgres_database::links::read_recovered_heads(std::shared_ptr<const recover_request> request, recovered found,
                                                    completion<recovered> done) {
  const auto is_lost = [&](const room_ref& room) {
    return std::ranges::any_of(found.shards,
                               [&](const auto& part) { return part.shard == room->shard && !part.is_owner; });
  };
  auto ours = std::make_shared<recover_request>(*request);
  const auto lost = std::erase_if(ours->rooms, is_lost);
  write(postgres::heads_command(request->rooms), [self = shared_from_this(), request, ours, lost,
                                                  found = std::move(found),
                                                  done = std::move(done)](exchange_end end) mutable {
    if (end.how != exchange_end::fate::done)
      return done(error{errc::outcome_unknown, "recovered, but the heads were not read: " + to_error(end).detail});
    auto heads = postgres::read_heads(end.answers.front());
    if (!heads && lost > 0) {
      return self->read_recovered_heads(ours, found, [request, ours, done = std::move(done)](result<recovered> read) {
        if (!read) return done(std::move(read));
        std::vector<room_head> all;
        auto next = read->heads.begin();
        for (const auto& room : request->rooms)
          all.push_back(std::ranges::find(ours->rooms, room) == ours->rooms.end() ? room_head{} : *next++);
        read->heads = std::move(all);
        done(std::move(read));
      });
    }
    if (!heads) return done(error{errc::outcome_unknown, heads.error().detail});
    for (const auto& h : *heads) found.heads.push_back(h.head);
    self->context_->probe.recovered();
    done(std::move(found));
  });
}

void postgres_database::links::recover_later(std::shared_ptr<const recover_request> request,
                                             completion<recovered> done) {
  auto timer = std::make_shared<boost::asio::steady_timer>(context_->strand, context_->options.retry_delay_min);
  timer->async_wait([self = shared_from_this(), timer, request = std::move(request),
                     done = std::move(done)](boost::system::error_code) mutable {
    if (self->is_stopped_) return done(error{errc::unavailable, "the node stops"});
    self->recover(std::move(request), std::move(done));
  });
}

}  // namespace parley
