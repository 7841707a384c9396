#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>

namespace parley {

struct run_queue_options {
  /// So many jobs may wait for each awake worker before a sleeping one is called. A job is some microseconds, a call
  /// about ten: a few jobs are sooner done than somebody is up to help with them.
  std::size_t waiting_per_worker = 8;
  /// What has waited for so long, behind a worker that is stuck in its job, goes on: the next job that is added calls a
  /// sleeper, and a sleeper looks by itself.
  std::chrono::milliseconds look_again{50};
  /// One that found nothing looks again after this: an idle node's looks would be most of what it does.
  std::chrono::milliseconds look_seldom{1000};
  /// The same as `look_again`, where only guests are awake: they have sockets to look after as well.
  std::chrono::microseconds guest_patience{500};
  std::size_t guest_jobs_max = 64;  ///< of one visit
};

/// The jobs that some workers share, first come, first served. Like CAF's own sharing policy, but a job is no reason to
/// wake a sleeper while an awake worker is about to come by: a hop from actor to actor costs no system call. The cost:
/// a job waits behind at most `waiting_per_worker` others, or behind a stuck one for `look_again` and until something
/// else happens (`look_seldom` at the most), before it gets help.
///
/// A thread that adds a job while no worker is awake, and is about to be free itself, may come as a guest and do it:
/// then nobody has to be woken at all, which costs an idle machine more than the job does. One guest at a time.
/// Thread-safe. `Job` is a cheap handle.
template <class Job>
class run_queue {
public:
  explicit run_queue(run_queue_options options = {}) : options_(options) {}

  /// A worker comes to stay, awake: it will call `take` again and again.
  void enter() {
    const std::lock_guard lock(mutex_);
    ++awake_;
  }

  void add(Job job) {
    bool is_calling = false;
    {
      const std::lock_guard lock(mutex_);
      if (jobs_.empty() && asleep_ > 0) waits_since_ = clock::now();
      jobs_.push_back(job);
      is_calling = needs_help() || is_stuck();
      if (is_calling) call();
    }
    if (is_calling) called_.notify_one();  // not under the lock, which it would only run into
  }

  /// By a thread that can come as a guest. @param is_coming it has been told to, and has not finished its visit
  /// @returns whether it has to come now: with `visit`, as soon as it can
  [[nodiscard]] bool add_as_guest(Job job, bool is_coming) {
    {
      const std::lock_guard lock(mutex_);
      if (!is_coming && awake_ == 0 && jobs_.empty() && are_guests_welcome_) {
        waits_since_ = clock::now();
        jobs_.push_back(job);
        ++awake_, ++guests_;
        return true;
      }
    }
    add(job);
    return false;
  }

  /// What waits, up to a bound. @param deed may add jobs
  template <class Deed>
  void visit(Deed deed) {
    std::unique_lock lock(mutex_);
    for (std::size_t n = 0; n < options_.guest_jobs_max && !jobs_.empty() && are_guests_welcome_; ++n) {
      const Job job = pop();
      lock.unlock();
      deed(job);
      lock.lock();
    }
    --guests_;
    if (guests_ == 0) guests_left_.notify_all();
    depart();
  }

  /// No guest from here on: waits until the last one has gone. Not by a guest.
  void close_to_guests() {
    std::unique_lock lock(mutex_);
    are_guests_welcome_ = false;
    guests_left_.wait(lock, [this] { return guests_ == 0; });
  }

  /// Waits for a job.
  Job take() {
    std::unique_lock lock(mutex_);
    for (auto patience = options_.look_again; jobs_.empty(); patience = options_.look_seldom) sleep(lock, patience);
    return pop();
  }

  /// An awake worker leaves for good.
  void leave() {
    const std::lock_guard lock(mutex_);
    depart();
  }

  /// Workers that wait for a job.
  std::size_t asleep() {
    const std::lock_guard lock(mutex_);
    return asleep_;
  }

  /// Each job that is left, once no worker is.
  template <class Deed>
  void drain(Deed deed) {
    std::deque<Job> left;
    {
      const std::lock_guard lock(mutex_);
      left.swap(jobs_);
    }
    for (const Job job : left) deed(job);
  }

private:
  using clock = std::chrono::steady_clock;

  bool needs_help() const { return asleep_ > 0 && jobs_.size() > awake_ * options_.waiting_per_worker; }
  /// While nobody sleeps no clock is read: the queue is empty before somebody does.
  bool is_stuck() const {
    if (asleep_ == 0) return false;
    const auto patience = awake_ > guests_ ? options_.look_again : options_.guest_patience;
    return clock::now() - waits_since_ >= patience;
  }

  Job pop() {
    const Job job = jobs_.front();
    jobs_.pop_front();
    if (asleep_ > 0 && !jobs_.empty()) waits_since_ = clock::now();
    return job;
  }

  void depart() {
    --awake_;
    if (!needs_help()) return;
    call();
    called_.notify_one();
  }

  /// From here on a sleeper counts as awake, so that it is called once.
  void call() {
    --asleep_, ++awake_;
    ++calls_;
  }

  void sleep(std::unique_lock<std::mutex>& lock, std::chrono::milliseconds patience) {
    --awake_, ++asleep_;
    called_.wait_for(lock, patience);
    if (calls_ > 0)
      --calls_;
    else
      --asleep_, ++awake_;
  }

  const run_queue_options options_;
  std::mutex mutex_;
  std::condition_variable called_;
  std::deque<Job> jobs_;
  clock::time_point waits_since_{};  ///< when the first of the queue became the first
  std::size_t awake_ = 0;
  std::size_t asleep_ = 0;
  std::size_t calls_ = 0;   ///< not yet followed
  std::size_t guests_ = 0;  ///< of the awake ones
  bool are_guests_welcome_ = true;
  std::condition_variable guests_left_;
};

}  // namespace parley
