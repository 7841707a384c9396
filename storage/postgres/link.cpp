#include "storage/postgres/link.hpp"

#include <boost/asio/post.hpp>

#include <unistd.h>

#include <utility>

namespace parley::postgres {
namespace asio = boost::asio;

link::link(std::shared_ptr<database_context> context, link_role role)
    : context_(std::move(context)), role_(role), socket_(context_->strand), timer_(context_->strand) {}

link::~link() { close(); }

void link::start() { connect(); }

void link::stop(const std::string& reason) {
  if (state_ == state::stopped) return;
  const auto self = shared_from_this();
  timer_.cancel();
  broken(reason);
  timer_.cancel();
  state_ = state::stopped;
  fail_waiting(reason, true);
}

void link::submit(exchange e) {
  if (state_ == state::ready && waiting_.empty() && in_flight_.size() < role_.in_flight_max) {
    send(e);
    return;
  }
  const char* reason = state_ == state::stopped               ? "the node stops"
                       : failures_ > 0 && !e.is_patient       ? "the database is out of reach"
                       : waiting_.size() >= role_.waiting_max ? "too many requests wait for the database"
                                                              : nullptr;
  if (reason) {
    exchange_end end;
    end.reason = reason;
    e.done(std::move(end));
    return;
  }
  waiting_.push_back(std::move(e));
}

void link::send_waiting() {
  while (state_ == state::ready && !waiting_.empty() && in_flight_.size() < role_.in_flight_max) {
    auto e = std::move(waiting_.front());
    waiting_.pop_front();
    if (!send(e)) return;
  }
}

/// From here on the exchange counts as sent: libpq may write at any of the calls below.
bool link::send(exchange& e) {
  if (in_flight_.empty()) front_since_ = clock::now();
  in_flight_.push_back({std::move(e), {}});
  if (!send_commands(in_flight_.back().what) || PQpipelineSync(connection_) == 0) {
    broken(last_error());
    return false;
  }
  const auto life = life_;
  flush();
  if (life != life_) return false;
  watch_front();
  return true;
}

bool link::send_commands(const exchange& e) {
  for (const auto& c : e.commands) {
    std::vector<const char*> values;
    std::vector<int> lengths, formats;
    const auto bound = c.values->values();
    values.reserve(bound.size());
    lengths.reserve(bound.size());
    formats.reserve(bound.size());
    for (const auto& value : bound) {
      values.push_back(value.data());
      lengths.push_back(static_cast<int>(value.size()));
      formats.push_back(1);
    }
    if (PQsendQueryPrepared(connection_, c.what->name, static_cast<int>(values.size()), values.data(), lengths.data(),
                            formats.data(), 1) == 0)
      return false;
  }
  return true;
}

void link::flush() {
  const int left = PQflush(connection_);
  if (left < 0) return broken(last_error());
  if (left == 0 || is_flushing_) return;
  is_flushing_ = true;
  socket_.async_wait(asio::posix::stream_descriptor::wait_write,
                     [this, self = shared_from_this(), life = life_](boost::system::error_code) {
                       if (life != life_) return;
                       is_flushing_ = false;
                       flush();
                     });
}

void link::await_answers() {
  socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                     [this, self = shared_from_this(), life = life_](boost::system::error_code) {
                       if (life != life_) return;
                       if (PQconsumeInput(connection_) == 0) {
                         // What the server said before it hung up still counts.
                         const auto reason = last_error();
                         take_answers();
                         if (life == life_) broken(reason);
                         return;
                       }
                       take_answers();
                       if (life != life_) return;
                       flush();
                       if (life == life_) await_answers();
                     });
}

void link::take_answers() {
  const auto life = life_;
  int ends = 0;  // one null ends a statement, two in a row end what has arrived
  while (life == life_ && !in_flight_.empty() && !PQisBusy(connection_)) {
    PGresult* answer = PQgetResult(connection_);
    if (!answer) {
      if (++ends == 2) break;
      continue;
    }
    ends = 0;
    take(answer);
  }
  if (life == life_ && state_ == state::ready) {
    send_waiting();
    if (life == life_) changed();
  }
}

void link::take(PGresult* answer) {
  rows taken(answer);
  auto& front = in_flight_.front();
  switch (PQresultStatus(answer)) {
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK: front.end.answers.push_back(std::move(taken)); return;
    case PGRES_PIPELINE_ABORTED: return;  // after the error that is kept already
    case PGRES_PIPELINE_SYNC: {
      // Only now it is committed: a statement's own answer comes before.
      auto ended = std::move(front);
      in_flight_.pop_front();
      front_since_ = clock::now();
      ended.end.how = ended.end.refusal ? exchange_end::fate::refused : exchange_end::fate::done;
      ended.what.done(std::move(ended.end));
      return;
    }
    default: {
      auto refusal = refusal_of(answer);
      if (refusal.sqlstate.empty() || refusal.ends_session || PQstatus(connection_) == CONNECTION_BAD)
        return broken(refusal.sqlstate + " " + refusal.message);
      if (!front.end.refusal) front.end.refusal = std::move(refusal);
    }
  }
}

/// A server's own limits do not help where it stands still, or where the network swallows everything.
void link::watch_front() {
  if (is_watching_ || in_flight_.empty()) return;
  is_watching_ = true;
  const auto limit = context_->options.statement_timeout + milliseconds{1000};
  timer_.expires_at(front_since_ + limit);
  timer_.async_wait([this, self = shared_from_this(), life = life_, limit](boost::system::error_code ec) {
    if (ec || life != life_) return;
    is_watching_ = false;
    if (!in_flight_.empty() && clock::now() - front_since_ >= limit) return broken("no answer in time");
    watch_front();
  });
}

void link::broken(const std::string& reason) {
  if (state_ == state::connecting || state_ == state::preparing) return attempt_failed(reason);
  const bool was_ready = state_ == state::ready;
  auto lost = std::exchange(in_flight_, {});
  close();
  state_ = state::resting;
  if (was_ready) {
    context_->probe.link_lost(role_.name);
    context_->log.write(log_level::warn, "postgres.link_lost",
                        {{"database", context_->options.name},
                         {"role", std::string(role_.name)},
                         {"reason", reason},
                         {"unanswered", std::to_string(lost.size())}});
  }
  rest(context_->options.retry_delay_min);
  for (auto& one : lost) {
    // An error's answer is the last word even without its sync: the transaction cannot commit any more.
    one.end.how = one.end.refusal ? exchange_end::fate::refused : exchange_end::fate::lost;
    one.end.reason = reason;
    one.what.done(std::move(one.end));
  }
  if (was_ready) changed();
}

void link::close() {
  ++life_;
  is_flushing_ = is_watching_ = false;
  boost::system::error_code ignored;
  socket_.close(ignored);
  if (connection_) PQfinish(std::exchange(connection_, nullptr));
}

void link::fail_waiting(const std::string& reason, bool patient_too) {
  auto left = std::exchange(waiting_, {});
  for (auto& e : left) {
    if (e.is_patient && !patient_too) {
      waiting_.push_back(std::move(e));
      continue;
    }
    exchange_end end;
    end.reason = reason;
    e.done(std::move(end));
  }
}

void link::adopt_socket() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  if (const int duplicate = ::dup(PQsocket(connection_)); duplicate >= 0) socket_.assign(duplicate, ignored);
}

std::string link::last_error() const {
  std::string text = PQerrorMessage(connection_);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

void link::noticed(void* self, const PGresult* notice) {
  auto& in_flight = static_cast<link*>(self)->in_flight_;
  if (!in_flight.empty() && is_commit_doubt(notice)) in_flight.front().end.is_doubtful = true;
}

}  // namespace parley::postgres
