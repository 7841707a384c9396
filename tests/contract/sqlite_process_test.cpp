#include "storage/sqlite/sqlite_database.hpp"
#include "tests/contract/sqlite_store.hpp"
#include "tests/contract/steps.hpp"

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>

namespace parley::contract {
namespace {

/// The writing child, and what it says. Killed at the end of the scope, whatever happens.
class writing_child {
public:
  explicit writing_child(const std::string& path) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) FAIL("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      ::execl(PARLEY_SQLITE_WRITER, PARLEY_SQLITE_WRITER, path.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    said_ = ::fdopen(ends[0], "r");
  }
  ~writing_child() {
    kill();
    std::fclose(said_);
  }
  writing_child(const writing_child&) = delete;
  writing_child& operator=(const writing_child&) = delete;

  int pid() const { return pid_; }
  /// The next acknowledged seq; 0 at the end of what it said. A dead child ends the pipe, so this ends too.
  std::uint64_t next_ack() {
    unsigned long long s = 0;
    return std::fscanf(said_, "%llu\n", &s) == 1 ? s : 0;
  }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

private:
  int pid_ = -1;
  std::FILE* said_ = nullptr;
};

sqlite_options options_for(const std::string& path) {
  sqlite_options made;
  made.path = path;
  return made;
}

void run_sql(const std::string& path, const char* sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  CHECK(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
}

}  // namespace

TEST_CASE("every acknowledged append survives kill -9", "[contract][sqlite][G1][G2]") {
  const auto acks_before_kill = GENERATE(1u, 7u, 60u, 250u);
  temporary_folder folder;
  silent_log log;
  const auto path = folder.file("parley.db");
  std::uint64_t acked = 0;
  {
    writing_child child(path);
    while (acked < acks_before_kill) {
      const auto s = child.next_ack();
      REQUIRE(s == acked + 1);
      acked = s;
    }
    child.kill();
    while (const auto s = child.next_ack()) acked = s;  // said before it died
  }
  auto opened = sqlite_database::open(options_for(path), log);
  REQUIRE(opened.has_value());
  const auto page = value_of<range_page>([&](auto done) { (*opened)->range({crash_room(), seq{0}, 1000}, done); });
  CHECK(page.head.head.seq.value >= acked);
  CHECK(page.head.head.seq.value <= acked + 1);  // one at most was under way
  std::uint64_t expected = 0;
  for (const auto& e : page.events) {
    REQUIRE(e->seq == seq{++expected});
    REQUIRE(e->body.text.starts_with("event " + std::to_string(expected)));
  }
  CHECK(expected == page.head.head.seq.value);
  const auto rows = value_of<std::vector<shard_row>>([&](auto done) { (*opened)->survey(done); });
  CHECK(rows.at(crash_room()->shard.value).owner == "incarnation-of-child");
  CHECK_FALSE(rows.at(crash_room()->shard.value).has_lease);  // nobody has to wait
}

TEST_CASE("a second process is refused, and told who holds the database", "[contract][sqlite][G7]") {
  temporary_folder folder;
  silent_log log;
  const auto path = folder.file("parley.db");
  writing_child child(path);
  REQUIRE(child.next_ack() == 1);
  const auto second = sqlite_database::open(options_for(path), log);
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code == errc::unavailable);
  CHECK(second.error().detail.find("process " + std::to_string(child.pid())) != std::string::npos);
  CHECK(child.next_ack() == 2);  // and the holder goes on
  child.kill();
  CHECK(sqlite_database::open(options_for(path), log).has_value());
}

TEST_CASE("a database that is open here is refused to a second adapter", "[contract][sqlite][G7]") {
  temporary_folder folder;
  silent_log log;
  const auto first = sqlite_database::open(options_for(folder.file("parley.db")), log);
  REQUIRE(first);
  const auto second = sqlite_database::open(options_for(folder.file("parley.db")), log);
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code == errc::unavailable);
}

TEST_CASE("a database of a newer schema is refused untouched", "[contract][sqlite]") {
  temporary_folder folder;
  silent_log log;
  const auto path = folder.file("parley.db");
  REQUIRE(sqlite_database::open(options_for(path), log).has_value());
  run_sql(path, "PRAGMA user_version = 999");
  const auto opened = sqlite_database::open(options_for(path), log);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().code == errc::incompatible);
  CHECK(opened.error().detail.find("999") != std::string::npos);
}

TEST_CASE("a database of the first schema is brought up to the present one", "[contract][sqlite]") {
  temporary_folder folder;
  silent_log log;
  const auto path = folder.file("parley.db");
  const auto id = (*sqlite_database::open(options_for(path), log))->cluster().id;
  run_sql(path,
          "ALTER TABLE lease DROP COLUMN peer_address; ALTER TABLE lease DROP COLUMN is_leaving;"
          "PRAGMA user_version = 1");
  const auto opened = sqlite_database::open(options_for(path), log);
  REQUIRE(opened.has_value());
  CHECK((*opened)->cluster().id == id);
  const auto node = node_named("n1");
  const auto seen = value_of<lease_renewal>([&](auto done) {
    (*opened)->renew(node, {std::chrono::minutes(1), "10.0.0.1:7500", true}, done);
  });
  CHECK(seen.nodes == std::vector{cluster_node{node, "10.0.0.1:7500", true, true, 1}});
}

TEST_CASE("what is no database of ours is refused", "[contract][sqlite]") {
  temporary_folder folder;
  silent_log log;
  const auto path = folder.file("parley.db");
  SECTION("another program's") { run_sql(path, "CREATE TABLE theirs (x)"); }
  SECTION("no SQLite file at all") {
    std::FILE* file = std::fopen(path.c_str(), "w");
    for (int i = 0; i < 1000; ++i) std::fputs("not a database\n", file);
    std::fclose(file);
  }
  SECTION("another number of shards") {
    auto options = options_for(path);
    options.shards = 16;
    REQUIRE(sqlite_database::open(options, log).has_value());
  }
  const auto opened = sqlite_database::open(options_for(path), log);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().code == errc::incompatible);
}

TEST_CASE("a folder that is not there is an error, not a crash", "[contract][sqlite]") {
  silent_log log;
  const auto opened = sqlite_database::open(options_for("/nonexistent/parley.db"), log);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().code == errc::unavailable);
}

TEST_CASE("a cluster keeps its id", "[contract][sqlite]") {
  temporary_folder folder;
  silent_log log;
  std::string id;
  {
    const auto opened = sqlite_database::open(options_for(folder.file("a.db")), log);
    REQUIRE(opened.has_value());
    id = (*opened)->cluster().id;
    CHECK(id.size() == 36);
    CHECK((*opened)->cluster().shards == 256);
  }
  CHECK((*sqlite_database::open(options_for(folder.file("a.db")), log))->cluster().id == id);
  CHECK((*sqlite_database::open(options_for(folder.file("b.db")), log))->cluster().id != id);
}

TEST_CASE("a full queue refuses at once, and what was queued is answered", "[contract][sqlite][G9]") {
  temporary_folder folder;
  silent_log log;
  auto options = options_for(folder.file("parley.db"));
  options.waiting_max = 4;
  auto opened = sqlite_database::open(options, log);
  REQUIRE(opened.has_value());
  std::promise<void> gate;
  auto open_gate = gate.get_future().share();
  std::atomic<int> answered{0};
  std::atomic<int> refused{0};
  std::promise<void> reached;
  (*opened)->marks({}, [&](auto) {
    reached.set_value();
    open_gate.wait();
  });
  REQUIRE(reached.get_future().wait_for(patience) == std::future_status::ready);  // the thread is busy now
  for (int i = 0; i < 10; ++i)
    (*opened)->marks({shard_id{1}}, [&](result<std::vector<shard_mark>> r) {
      ++answered;
      if (!r) refused += r.error().code == errc::unavailable;
    });
  CHECK(refused == 6);
  CHECK(answered == 6);
  gate.set_value();
  opened->reset();  // finishes what waits
  CHECK(answered == 10);
  CHECK(refused == 6);
}

}  // namespace parley::contract
