#pragma once

#include "actors/core/result.hpp"
#include "storage/sqlite/connection.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace parley::sqlite {

/// One call of a port, waiting for the database's thread.
class work {
public:
  enum class access { read, write };

  explicit work(access a) : access_(a) {}
  virtual ~work() = default;

  bool is_write() const { return access_ == access::write; }
  /// Within a transaction; may throw `failure`. @returns whether what it wrote is to be kept
  virtual bool act(connection& db) = 0;
  /// What `act` came to, once that is committed.
  virtual void answer() = 0;
  virtual void fail(error why) = 0;

private:
  access access_;
};

template <class T>
class call final : public work {
public:
  call(access a, std::function<result<T>(connection&)> act, completion<T> done)
      : work(a), act_(std::move(act)), done_(std::move(done)) {}

  bool act(connection& db) override {
    outcome_.emplace(act_(db));
    return outcome_->has_value();
  }
  void answer() override { done_(std::move(*outcome_)); }
  void fail(error why) override { done_(std::move(why)); }

private:
  std::function<result<T>(connection&)> act_;
  completion<T> done_;
  std::optional<result<T>> outcome_;
};

/// The database's own thread. Calls run in their order; writes that wait one behind the other share a commit, and so
/// an fsync, while each still succeeds or fails alone.
class worker {
public:
  /// `on_fatal` is called on the worker's thread, once, when a commit failed.
  worker(std::unique_ptr<connection> db, std::size_t waiting_max, std::function<void(std::string)> on_fatal);
  /// Finishes what waits.
  ~worker();

  /// When the queue is full, the call fails with `unavailable` at once, on the caller's thread.
  void queue(std::unique_ptr<work> asked);

private:
  using group = std::vector<std::unique_ptr<work>>;

  void run();
  group next_group();
  void serve(group& calls);
  void serve_writes(group& calls);
  void serve_read(work& asked);
  void act_alone(work& asked, std::vector<work*>& kept);
  void commit(std::vector<work*>& kept);
  void die(const std::string& why);

  std::unique_ptr<connection> db_;
  const std::size_t waiting_max_;
  std::function<void(std::string)> on_fatal_;
  std::string fatal_;  ///< not empty: nothing may be written or read any more; the worker's thread only

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<work>> waiting_;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace parley::sqlite
