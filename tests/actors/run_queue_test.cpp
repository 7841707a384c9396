#include "actors/run_queue.hpp"

#include "tests/support/eventually.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

using namespace parley;
using namespace std::chrono_literals;

namespace {

using queue = run_queue<int>;

/// A worker that takes one job and says which.
std::future<int> taken_by_another(queue& jobs) {
  return std::async(std::launch::async, [&jobs] {
    jobs.enter();
    return jobs.take();
  });
}

/// A worker that sleeps, waiting for a job.
std::future<int> sleeping_worker(queue& jobs) {
  auto worker = taken_by_another(jobs);
  REQUIRE(testing::eventually([&] { return jobs.asleep() == 1; }));
  return worker;
}

/// Whether the worker goes on sleeping; a look that may be too early for what should not happen.
bool sleeps(const std::future<int>& worker) { return worker.wait_for(50ms) == std::future_status::timeout; }

}  // namespace

TEST_CASE("jobs are taken in the order in which they were added", "[actors][run_queue]") {
  queue jobs;
  jobs.enter();
  for (const int n : {1, 2, 3}) jobs.add(n);
  CHECK(jobs.take() == 1);
  CHECK(jobs.take() == 2);
  CHECK(jobs.take() == 3);
}

TEST_CASE("a job calls a sleeper where nobody is awake", "[actors][run_queue]") {
  queue jobs({8, 1h});
  auto worker = sleeping_worker(jobs);
  jobs.add(1);
  CHECK(worker.get() == 1);
}

TEST_CASE("a few jobs are an awake worker's, more call a sleeper", "[actors][run_queue]") {
  queue jobs({2, 1h});
  jobs.enter();  // this thread is awake, and busy
  auto sleeper = sleeping_worker(jobs);
  jobs.add(1);
  jobs.add(2);
  CHECK(sleeps(sleeper));
  jobs.add(3);
  CHECK(sleeper.get() == 1);
  CHECK(jobs.take() == 2);
}

TEST_CASE("what waits behind a stuck worker goes on after a look", "[actors][run_queue]") {
  queue jobs({8, 1ms});
  jobs.enter();  // this thread is awake, and stuck
  auto sleeper = taken_by_another(jobs);
  jobs.add(1);
  REQUIRE(sleeper.wait_for(10s) == std::future_status::ready);
  CHECK(sleeper.get() == 1);
}

TEST_CASE("what waits behind a stuck worker goes on with the next job, however seldom a sleeper looks",
          "[actors][run_queue]") {
  queue jobs({8, 1ms, 1h});
  jobs.enter();  // this thread is awake, and stuck
  auto sleeper = taken_by_another(jobs);
  (void)sleeps(sleeper);  // it looks once, in vain
  jobs.add(1);
  (void)sleeps(sleeper);
  jobs.add(2);
  CHECK(sleeper.get() == 1);
  CHECK(jobs.take() == 2);
}

TEST_CASE("a worker that leaves hands over what waits", "[actors][run_queue]") {
  queue jobs({8, 1h});
  jobs.enter();
  auto sleeper = sleeping_worker(jobs);
  jobs.add(1);
  jobs.leave();
  CHECK(sleeper.get() == 1);
}

TEST_CASE("who adds a job while nobody is awake comes as a guest, and wakes nobody", "[actors][run_queue]") {
  queue jobs({8, 1h, 1h, 1h});
  auto sleeper = sleeping_worker(jobs);
  REQUIRE(jobs.add_as_guest(1, false));
  CHECK_FALSE(jobs.add_as_guest(2, true));  // it is coming already
  CHECK(sleeps(sleeper));
  std::vector<int> done;
  jobs.visit([&](int job) {
    done.push_back(job);
    if (job == 1) CHECK_FALSE(jobs.add_as_guest(3, true));  // of the job itself
  });
  CHECK(done == std::vector{1, 2, 3});
  jobs.add(4);  // the guest has gone: somebody has to be called
  CHECK(sleeper.get() == 4);
}

TEST_CASE("there is one guest at a time, and none while a worker is awake", "[actors][run_queue]") {
  queue jobs({8, 1h, 1h, 1h});
  REQUIRE(jobs.add_as_guest(1, false));
  CHECK_FALSE(jobs.add_as_guest(2, false));  // by another thread
  int done = 0;
  jobs.visit([&](int) { ++done; });
  CHECK(done == 2);
  jobs.enter();
  CHECK_FALSE(jobs.add_as_guest(3, false));
  CHECK(jobs.take() == 3);
}

TEST_CASE("more than a guest can do soon calls a sleeper", "[actors][run_queue]") {
  queue jobs({2, 1h, 1h, 1h});
  auto sleeper = sleeping_worker(jobs);
  REQUIRE(jobs.add_as_guest(1, false));
  CHECK_FALSE(jobs.add_as_guest(2, true));
  CHECK_FALSE(jobs.add_as_guest(3, true));
  CHECK(sleeper.get() == 1);
}

TEST_CASE("what a guest leaves behind calls a sleeper", "[actors][run_queue]") {
  queue jobs({8, 1h, 1h, 1h, 1});  // one job a visit
  auto sleeper = sleeping_worker(jobs);
  REQUIRE(jobs.add_as_guest(1, false));
  CHECK_FALSE(jobs.add_as_guest(2, true));
  jobs.visit([](int job) { CHECK(job == 1); });
  CHECK(sleeper.get() == 2);
}

TEST_CASE("a job that waits for a guest who does not come goes on with the next job", "[actors][run_queue]") {
  queue jobs({8, 1h, 1h, 1ms});
  auto sleeper = sleeping_worker(jobs);
  REQUIRE(jobs.add_as_guest(1, false));
  (void)sleeps(sleeper);  // longer than a guest's patience
  jobs.add(2);
  CHECK(sleeper.get() == 1);
}

TEST_CASE("a queue closes to guests once the one who is there has gone", "[actors][run_queue]") {
  queue jobs({8, 1h, 1h, 1h});
  REQUIRE(jobs.add_as_guest(1, false));
  auto closing = std::async(std::launch::async, [&] { jobs.close_to_guests(); });
  CHECK(closing.wait_for(50ms) == std::future_status::timeout);
  jobs.visit([](int) {});
  closing.get();
  auto worker = taken_by_another(jobs);
  CHECK_FALSE(jobs.add_as_guest(2, false));
  CHECK(worker.get() >= 1);
}

TEST_CASE("each job is done once, however many workers and senders", "[actors][run_queue]") {
  constexpr int senders = 3, each = 20'000, workers = 3;
  queue jobs({4, 20ms});
  std::atomic<long> sum = 0, done = 0;
  std::vector<std::thread> threads;
  for (int w = 0; w < workers; ++w)
    threads.emplace_back([&] {
      jobs.enter();
      for (int job = jobs.take(); job != 0; job = jobs.take()) {
        sum += job;
        ++done;
        if (job == each) jobs.add(1);  // from a worker
      }
      jobs.leave();
    });
  std::vector<std::thread> from;
  for (int s = 0; s < senders; ++s)
    from.emplace_back([&, is_guest = s == 0] {
      for (int n = 1; n <= each; ++n) {
        if (!is_guest) {
          jobs.add(n);
        } else if (jobs.add_as_guest(n, false)) {
          jobs.visit([&](int job) {
            sum += job;
            ++done;
            if (job == each) jobs.add(1);
          });
        }
      }
    });
  for (auto& t : from) t.join();
  while (done < senders * (each + 1L)) std::this_thread::yield();
  for (int w = 0; w < workers; ++w) jobs.add(0);
  for (auto& t : threads) t.join();
  CHECK(done == senders * (each + 1L));
  CHECK(sum == senders * (each * (each + 1L) / 2 + 1));
  jobs.drain([](int) { FAIL("nothing is left"); });
}
