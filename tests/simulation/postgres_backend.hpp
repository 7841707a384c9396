#pragma once

#include "actors/core/ids.hpp"
#include "tests/simulation/agenda.hpp"

#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace parley::simulation {

/// The server's end of one connection: it runs one statement after the other, in the order of their arrival, and goes
/// on with what has arrived when its client hung up. It may stand still, and end in mid-statement.
class postgres_backend {
public:
  /// A statement has arrived. It calls `finished` when its transaction has ended.
  void arrived(task statement) {
    waiting_.push_back(std::move(statement));
    begin();
  }
  void finished() {
    is_busy_ = false;
    begin();
  }
  /// The next step of its statement: now, when it goes on, or never.
  void proceed(task step) {
    if (is_over_) return;
    if (is_stopped_) {
      steps_.push_back(std::move(step));
    } else {
      step();
    }
  }
  /// SIGSTOP and SIGCONT.
  void stop() { is_stopped_ = true; }
  void go_on() {
    is_stopped_ = false;
    for (auto& step : std::exchange(steps_, {})) proceed(std::move(step));
    begin();
  }
  /// The transaction's last step, kept back while the client's word to commit is on its way.
  void commit(task step) {
    if (keeps_commits_) {
      commit_ = std::move(step);
    } else {
      proceed(std::move(step));
    }
  }
  void keep_commits(bool on) {
    keeps_commits_ = on;
    if (auto step = std::exchange(commit_, nullptr); step && !on) proceed(std::move(step));
  }
  void end() {
    is_over_ = true;
    waiting_.clear();
    steps_.clear();
    commit_ = nullptr;
  }

  bool is_over() const { return is_over_; }
  bool is_busy() const { return is_busy_; }
  bool waits_for_commit() const { return commit_ != nullptr; }

  std::vector<shard_id> held;  ///< the rows that its transaction has locked
  bool waits_for_lock = false;
  bool is_committing = false;  ///< past the point of no return

private:
  void begin() {
    if (is_busy_ || is_stopped_ || is_over_ || waiting_.empty()) return;
    is_busy_ = true;
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    next();
  }

  std::deque<task> waiting_;
  std::vector<task> steps_;
  task commit_;
  bool is_busy_ = false, is_stopped_ = false, is_over_ = false, keeps_commits_ = false;
};
using backend_ptr = std::shared_ptr<postgres_backend>;

}  // namespace parley::simulation
