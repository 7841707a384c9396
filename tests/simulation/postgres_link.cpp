#include "tests/simulation/postgres_link.hpp"

#include <algorithm>

namespace parley::simulation {
namespace {

constexpr milliseconds answer_deadline{5000};  // tcp_user_timeout and the adapter's own
constexpr milliseconds connect_deadline{1000};

}  // namespace

// ---- one connection --------------------------------------------------------------------------------------------

void postgres_channel::connect() {
  const auto life = ++life_;
  wire_ = std::make_shared<wire>(time_, net_, node_, database_.machine_ptr());
  wire_->on_lost_near([this, self = weak_from_this(), life] {
    if (auto alive = self.lock(); alive && life == life_) lost();
  });
  node_->after(connect_deadline, [this, self = weak_from_this(), life] {
    if (auto alive = self.lock(); alive && life == life_ && !is_ready_) attempt_failed();
  });
  wire_->to_far([this, self = shared_from_this(), life, w = wire_] {
    if (!database_.is_up()) return w->cut();
    w->to_near([this, self, life, seen = database_.identity()] {
      if (life != life_) return;
      if (seen.timeline < newest_->timeline) return attempt_failed();
      *newest_ = seen;
      connected();
    });
  });
}

void postgres_channel::connected() {
  is_ready_ = true;
  failures_ = 0;
  for (auto& q : std::exchange(patient_, {})) send(std::move(q));
}

void postgres_channel::attempt_failed() {
  ++life_;
  is_ready_ = false;
  if (wire_) wire_->close_near();
  const auto most = milliseconds{std::min(1000u, 20u << std::min(failures_++, 6u))};
  node_->after(time_.between(most / 2, most), [this, self = weak_from_this(), life = life_] {
    if (auto alive = self.lock(); alive && life == life_) connect();
  });
}

void postgres_channel::lost() {
  auto unanswered = std::exchange(sent_, {});
  attempt_failed();
  for (auto& [number, q] : unanswered) q.second(q.first, "the link broke");
}

void postgres_channel::cut() {
  if (wire_) wire_->cut();
}

void postgres_channel::submit(question q) {
  if (is_ready_) return send(std::move(q));
  if (q.is_patient) {
    patient_.push_back(std::move(q));
  } else {
    q.fail(errc::unavailable, "no connection");
  }
}

void postgres_channel::send(question q) {
  const auto number = ++last_;
  sent_.emplace(number, std::pair{q.lost, std::move(q.fail)});
  q.send();
  if (q.is_patient) return;  // a recovery waits for a lock as long as it takes
  node_->after(answer_deadline, [this, self = weak_from_this(), number] {
    auto alive = self.lock();
    if (!alive || !sent_.contains(number)) return;
    wire_->close_near();
    lost();
  });
}

template <class T>
void postgres_channel::ask(std::function<void(postgres_model&, std::function<void(result<T>)>)> statement,
                           completion<T> done, errc lost, bool is_patient) {
  auto answer_once = std::make_shared<completion<T>>(std::move(done));
  question q;
  q.lost = lost;
  q.is_patient = is_patient;
  q.fail = [answer_once](errc code, const char* why) { (*answer_once)(error{code, why}); };
  q.send = [this, statement = std::move(statement), answer_once] {
    const auto number = last_;
    wire_->to_far([this, self = shared_from_this(), statement, answer_once, number, w = wire_] {
      if (!database_.is_up()) return w->cut();
      statement(database_, [this, self, answer_once, number, w](result<T> answer) {
        w->to_near([this, self, answer_once, number, answer = std::move(answer)] {
          if (sent_.erase(number) > 0) (*answer_once)(answer);
        });
      });
    });
  };
  submit(std::move(q));
}

// ---- the adapter -----------------------------------------------------------------------------------------------

postgres_link::postgres_link(agenda& time, network& net, host_ptr node, postgres_model& database)
    : database_(database) {
  auto newest = std::make_shared<database_identity>();
  const auto channel = [&] {
    auto made = std::make_shared<postgres_channel>(time, net, node, database, newest);
    made->connect();
    return made;
  };
  writer_ = channel();
  control_ = channel();
  readers_ = {channel(), channel()};
}

void postgres_link::cut() {
  writer_->cut();
  control_->cut();
  for (auto& r : readers_) r->cut();
}

void postgres_link::append(append_batch batch, completion<append_outcome> done) {
  for (const auto& part : batch.shards) last_sent_[part.fence.shard] = part.fence;
  writer_->ask<append_outcome>(
      [batch = std::move(batch)](postgres_model& db, auto reply) { db.append(batch, std::move(reply)); },
      std::move(done), errc::outcome_unknown);
}

void postgres_link::recover(recover_request request, completion<recovered> done) {
  auto counted = [this, done = std::move(done)](result<recovered> answer) {
    if (answer.has_value()) count(*answer);
    done(std::move(answer));
  };
  writer_->ask<recovered>(
      [request = std::move(request)](postgres_model& db, auto reply) { db.recover(request, std::move(reply)); },
      std::move(counted), errc::outcome_unknown, true);
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

template <class T>
void postgres_link::read(std::function<T(const postgres_model&)> query, completion<T> done) {
  auto& reader = readers_[next_reader_++ % readers_.size()];
  reader->ask<T>([query = std::move(query)](postgres_model& db, auto reply) { db.read<T>(query, std::move(reply)); },
                 std::move(done), errc::unavailable);
}

void postgres_link::range(range_query query, completion<range_page> done) {
  read<range_page>([query](const postgres_model& db) { return db.range(query); }, std::move(done));
}

void postgres_link::history(history_query query, completion<history_page> done) {
  read<history_page>([query](const postgres_model& db) { return db.history(query); }, std::move(done));
}

void postgres_link::heads(std::vector<room_ref> rooms, completion<std::vector<marked_head>> done) {
  read<std::vector<marked_head>>([rooms](const postgres_model& db) { return db.heads(rooms); }, std::move(done));
}

void postgres_link::marks(std::vector<shard_id> shards, completion<std::vector<shard_mark>> done) {
  read<std::vector<shard_mark>>([shards](const postgres_model& db) { return db.marks(shards); }, std::move(done));
}

/// Nothing asks for retention yet.
void postgres_link::trim(std::string, shard_fence, room_ref, position, completion<shard_verdict> done) {
  done(error{errc::unavailable, "the simulated database keeps everything"});
}

void postgres_link::renew(node_identity node, milliseconds lease_time, completion<lease_renewal> done) {
  control_->ask<lease_renewal>(
      [node, lease_time](postgres_model& db, auto reply) { db.renew(node, lease_time, std::move(reply)); },
      std::move(done), errc::unavailable);
}

void postgres_link::survey(completion<std::vector<shard_row>> done) {
  read<std::vector<shard_row>>([](const postgres_model& db) { return db.survey(); }, std::move(done));
}

void postgres_link::claim(node_identity node, std::vector<shard_claim> claims,
                          completion<std::vector<claimed_shard>> done) {
  control_->ask<std::vector<claimed_shard>>(
      [node, claims = std::move(claims)](postgres_model& db, auto reply) { db.claim(node, claims, std::move(reply)); },
      std::move(done), errc::outcome_unknown);
}

void postgres_link::release(node_identity node, completion<std::size_t> done) {
  control_->ask<std::size_t>([node](postgres_model& db, auto reply) { db.release(node, std::move(reply)); },
                             std::move(done), errc::unavailable);
}

}  // namespace parley::simulation
