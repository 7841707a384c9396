#include "tests/simulation/postgres_link.hpp"

#include <algorithm>
#include <tuple>

namespace parley::simulation {
namespace {

constexpr milliseconds recover_again_after{50};  // retry_delay_min

/// The adapter sends no batch whose numbers cannot be.
bool follows(const append_batch& batch) {
  for (const auto& part : batch.shards) {
    for (const auto& r : part.rooms) {
      auto expected = r.before.seq;
      for (const auto& e : r.events) {
        expected = next(expected);
        if (e->seq != expected || e->term != part.fence.term) return false;
      }
    }
  }
  return true;
}

}  // namespace

postgres_link::postgres_link(agenda& time, network& net, host_ptr node, postgres_model& database)
    : database_(database) {
  auto newest = std::make_shared<database_identity>();
  const auto channel = [&](postgres_channel::bounds most) {
    auto made = std::make_shared<postgres_channel>(time, net, node, database, newest, most);
    made->connect();
    return made;
  };
  writer_ = channel({4, 64});
  control_ = channel({16, 256});
  readers_ = {channel({4, 1000}), channel({4, 1000})};
}

void postgres_link::cut() {
  writer_->cut();
  control_->cut();
  for (auto& r : readers_) r->cut();
}

std::vector<std::shared_ptr<postgres_channel>> postgres_link::channels(role of) const {
  switch (of) {
    case role::writer: return {writer_};
    case role::control: return {control_};
    case role::reader: break;
  }
  return readers_;
}

void postgres_link::append(append_batch batch, completion<append_outcome> done) {
  if (!follows(batch)) return done(error{errc::room_forked, "the batch's numbers or terms do not follow"});
  for (const auto& part : batch.shards) last_sent_[part.fence.shard] = part.fence;
  written_to_ = writer_->history();
  writer_->ask<append_outcome>([batch = std::move(batch)](postgres_model& db, const backend_ptr& at,
                                                          auto reply) { db.append(at, batch, std::move(reply)); },
                               std::move(done), errc::outcome_unknown);
}

/// A refused one (read-only, a lock that somebody keeps) is asked again, without end.
void postgres_link::recover(recover_request request, completion<recovered> done) {
  auto answered = [this, request, done = std::move(done)](result<recovered> answer) mutable {
    if (!answer.has_value() && answer.error().code == errc::unavailable)
      return writer_->after(recover_again_after,
                            [this, request = std::move(request), done = std::move(done)]() mutable {
                              recover(std::move(request), std::move(done));
                            });
    if (answer.has_value()) {
      // Another history answers than the batch was sent to: nothing more under this term (C7).
      const bool is_same_history = written_to_ == database_identity{} || written_to_ == writer_->history();
      for (auto& part : answer->shards) part.is_owner = part.is_owner && is_same_history;
      count(*answer);
    }
    done(std::move(answer));
  };
  writer_->ask<recovered>([request = std::move(request)](postgres_model& db, const backend_ptr& at,
                                                         auto reply) { db.recover(at, request, std::move(reply)); },
                          std::move(answered), errc::outcome_unknown, true);
}

/// What became of the append that was in doubt.
void postgres_link::count(const recovered& answer) {
  for (const auto& part : answer.shards) {
    const auto sent = last_sent_.find(part.shard);
    if (!part.is_owner || sent == last_sent_.end()) continue;
    if (part.found == sent->second.own) database_.count_resolved(true);
    if (part.found == sent->second.before) database_.count_resolved(false);
  }
}

postgres_channel& postgres_link::reader() const {
  const auto worse = [](const auto& a, const auto& b) {
    return std::tuple(a->is_ready(), a->has_hope(), b->load()) < std::tuple(b->is_ready(), b->has_hope(), a->load());
  };
  return **std::ranges::max_element(readers_, worse);
}

template <class T>
void postgres_link::read(postgres_channel& by, std::function<result<T>(const postgres_model&)> query,
                         completion<T> done) {
  by.ask<T>([query = std::move(query)](postgres_model& db, const backend_ptr& at,
                                       auto reply) { db.read<T>(at, query, std::move(reply)); },
            std::move(done), errc::unavailable);
}

void postgres_link::range(range_query query, completion<range_page> done) {
  read<range_page>(
      reader(), [query](const postgres_model& db) { return db.range(query); }, std::move(done));
}

void postgres_link::history(history_query query, completion<history_page> done) {
  read<history_page>(
      reader(), [query](const postgres_model& db) { return db.history(query); }, std::move(done));
}

void postgres_link::heads(std::vector<room_ref> rooms, completion<std::vector<marked_head>> done) {
  read<std::vector<marked_head>>(
      reader(), [rooms](const postgres_model& db) { return db.heads(rooms); }, std::move(done));
}

void postgres_link::marks(std::vector<shard_id> shards, completion<std::vector<shard_mark>> done) {
  read<std::vector<shard_mark>>(
      *control_, [shards](const postgres_model& db) { return db.marks(shards); }, std::move(done));
}

void postgres_link::trim(std::string owner, shard_fence fence, room_ref room, position floor,
                         completion<shard_verdict> done) {
  writer_->ask<shard_verdict>(
      [owner, fence, room, floor](postgres_model& db, const backend_ptr& at, auto reply) {
        db.trim(at, owner, fence, room, floor, std::move(reply));
      },
      std::move(done), errc::outcome_unknown);
}

void postgres_link::renew(node_identity node, lease_wish wish, completion<lease_renewal> done) {
  control_->ask<lease_renewal>([node, wish](postgres_model& db, const backend_ptr& at,
                                            auto reply) { db.renew(at, node, wish, std::move(reply)); },
                               std::move(done), errc::outcome_unknown);
}

void postgres_link::survey(completion<std::vector<shard_row>> done) {
  read<std::vector<shard_row>>(
      *control_, [](const postgres_model& db) { return db.survey(); }, std::move(done));
}

void postgres_link::departed(completion<std::vector<shard_id>> done) {
  read<std::vector<shard_id>>(
      *control_, [](const postgres_model& db) { return db.departed(); }, std::move(done));
}

void postgres_link::places(completion<shard_places> done) {
  read<shard_places>(
      *control_, [](const postgres_model& db) { return db.map(); }, std::move(done));
}

void postgres_link::claim(node_identity node, std::vector<shard_claim> claims,
                          completion<std::vector<claimed_shard>> done) {
  reader().ask<std::vector<claimed_shard>>(
      [node, claims = std::move(claims)](postgres_model& db, const backend_ptr& at, auto reply) {
        db.claim(at, node, claims, std::move(reply));
      },
      std::move(done), errc::outcome_unknown);
}

void postgres_link::yield(node_identity node, std::vector<owned_shard> shards, completion<std::size_t> done) {
  writer_->ask<std::size_t>(
      [node, shards = std::move(shards)](postgres_model& db, const backend_ptr& at, auto reply) {
        db.yield(at, node, shards, std::move(reply));
      },
      std::move(done), errc::outcome_unknown);
}

void postgres_link::release(node_identity node, completion<std::size_t> done) {
  writer_->ask<std::size_t>(
      [node](postgres_model& db, const backend_ptr& at, auto reply) { db.release(at, node, std::move(reply)); },
      std::move(done), errc::outcome_unknown);
}

}  // namespace parley::simulation
