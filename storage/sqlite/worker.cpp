#include "storage/sqlite/worker.hpp"

namespace parley::sqlite {
namespace {

/// A group's fsync is cheap for its members, but the first of them waits for the last.
constexpr std::size_t group_max = 64;

error unavailable(const std::string& why) { return {errc::unavailable, why}; }

void roll_back(connection& db) {
  if (db.in_transaction()) db.execute("ROLLBACK");
}

}  // namespace

worker::worker(std::unique_ptr<connection> db, std::size_t waiting_max, std::function<void(std::string)> on_fatal)
    : db_(std::move(db)), waiting_max_(waiting_max), on_fatal_(std::move(on_fatal)), thread_([this] { run(); }) {}

worker::~worker() {
  {
    std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void worker::queue(std::unique_ptr<work> asked) {
  {
    std::lock_guard lock(mutex_);
    if (waiting_.size() < waiting_max_) waiting_.push_back(std::move(asked));
  }
  if (asked) return asked->fail(unavailable("the queue to the database is full"));
  changed_.notify_one();
}

void worker::run() {
  for (;;) {
    auto calls = next_group();
    if (calls.empty()) return;
    serve(calls);
  }
}

/// One read, or the writes up to the next read: what a caller asked first happens first. Empty: stop.
worker::group worker::next_group() {
  group calls;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return is_stopping_ || !waiting_.empty(); });
  while (!waiting_.empty() && calls.size() < group_max) {
    if (!calls.empty() && !(calls.back()->is_write() && waiting_.front()->is_write())) break;
    calls.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return calls;
}

void worker::serve(group& calls) {
  if (!fatal_.empty()) {
    for (auto& asked : calls) asked->fail(unavailable(fatal_));
  } else if (calls.front()->is_write()) {
    serve_writes(calls);
  } else {
    serve_read(*calls.front());
  }
}

void worker::serve_read(work& asked) {
  try {
    db_->execute("BEGIN");
    asked.act(*db_);
    db_->execute("COMMIT");
  } catch (const failure& f) {
    try {
      roll_back(*db_);
    } catch (const failure& second) {
      die(second.what());
    }
    return asked.fail(unavailable(f.what()));
  }
  asked.answer();
}

void worker::serve_writes(group& calls) {
  std::vector<work*> kept;
  std::size_t acted = 0;
  try {
    db_->execute("BEGIN IMMEDIATE");
    for (; acted < calls.size(); ++acted) act_alone(*calls[acted], kept);
  } catch (const failure& f) {
    // Either there was no transaction, or SQLite itself rolled it back: nothing at all was written.
    try {
      roll_back(*db_);
    } catch (const failure& second) {
      die(second.what());
    }
    for (auto* asked : kept) asked->fail(unavailable(f.what()));
    for (; acted < calls.size(); ++acted) calls[acted]->fail(unavailable(f.what()));
    return;
  }
  commit(kept);
}

/// Keeps what the call wrote, or takes back just that. Throws where the whole transaction is lost.
void worker::act_alone(work& asked, std::vector<work*>& kept) {
  db_->execute("SAVEPOINT call");
  bool is_kept = false;
  std::optional<failure> broken;
  try {
    is_kept = asked.act(*db_);
  } catch (const failure& f) {
    if (!db_->in_transaction()) throw;
    broken = f;
  }
  if (!is_kept) db_->execute("ROLLBACK TO call");
  db_->execute("RELEASE call");
  if (broken)
    asked.fail(unavailable(broken->what()));
  else
    kept.push_back(&asked);
}

void worker::commit(std::vector<work*>& kept) {
  try {
    db_->execute("COMMIT");
  } catch (const failure& f) {
    // After a failed fsync nobody knows what the disk holds, and a second fsync may claim that all is well: only a
    // new process that reads the file again can tell (C6).
    die(std::string("commit failed: ") + f.what());
    for (auto* asked : kept) asked->fail({errc::outcome_unknown, fatal_});
    return;
  }
  for (auto* asked : kept) asked->answer();
}

void worker::die(const std::string& why) {
  if (!fatal_.empty()) return;
  fatal_ = why;
  if (on_fatal_) on_fatal_(why);
}

}  // namespace parley::sqlite
