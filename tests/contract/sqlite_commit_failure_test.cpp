#include "storage/sqlite/sqlite_database.hpp"
#include "tests/contract/sqlite_store.hpp"
#include "tests/contract/steps.hpp"

#include <sqlite3.h>

#include <atomic>

namespace parley::contract {
namespace {

/// Says no to every fsync while it is on: the default VFS with its files' `xSync` replaced.
class failing_sync {
public:
  failing_sync() {
    real = sqlite3_vfs_find(nullptr);
    shim = *real;
    shim.zName = "parley-failing-sync";
    shim.xOpen = &open;
    sqlite3_vfs_register(&shim, 1);
  }
  ~failing_sync() {
    is_on = false;
    sqlite3_vfs_unregister(&shim);
    sqlite3_vfs_register(real, 1);
  }

  static inline std::atomic<bool> is_on{false};

private:
  static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
    const int code = real->xOpen(real, name, file, flags, out);
    if (code != SQLITE_OK || !file->pMethods || !(flags & SQLITE_OPEN_WAL)) return code;
    // Every write-ahead log of the process has the same methods: one copy serves them all.
    original = file->pMethods;
    methods = *original;
    methods.xSync = &sync;
    file->pMethods = &methods;
    return code;
  }
  static int sync(sqlite3_file* file, int flags) { return is_on ? SQLITE_IOERR_FSYNC : original->xSync(file, flags); }

  static inline sqlite3_vfs* real = nullptr;
  static inline sqlite3_vfs shim{};
  static inline const sqlite3_io_methods* original = nullptr;
  static inline sqlite3_io_methods methods{};
};

class one_database final : public store {
public:
  explicit one_database(sqlite_database& database) : database_(database) {}
  event_log& events() override { return database_; }
  ownership_log& ownership() override { return database_; }
  void reopen() override { FAIL("this one stays"); }

private:
  sqlite_database& database_;
};

}  // namespace

TEST_CASE("after a failed fsync nothing is acknowledged or served any more", "[contract][sqlite][G1][G7]") {
  failing_sync disk;
  temporary_folder folder;
  silent_log log;
  std::atomic<int> fatal{0};
  sqlite_options options;
  options.path = folder.file("parley.db");
  options.on_fatal = [&](std::string) { ++fatal; };
  const auto room = room_named("general", 1);
  position acked;
  {
    auto opened = sqlite_database::open(options, log);
    REQUIRE(opened.has_value());
    one_database store(**opened);
    owner ana(store, "n1", {1});
    ana.say(room, {said(1, "one")});
    acked = ana.at(1, 1);

    failing_sync::is_on = true;
    const auto broken = ana.send(ana.batch_of({ana.append_of(room, acked, {said(2, "two")})}));
    REQUIRE_FALSE(broken.has_value());
    CHECK(broken.error().code == errc::outcome_unknown);
    CHECK(fatal == 1);

    // The disk is well again, and the second fsync would lie about the first one's pages.
    failing_sync::is_on = false;
    const auto later = ana.send(ana.batch_of({ana.append_of(room, acked, {said(2, "two")})}));
    REQUIRE_FALSE(later.has_value());
    CHECK(later.error().code == errc::unavailable);
    const auto page = answer_of<range_page>([&](auto done) { (*opened)->range({room, seq{0}, 10}, done); });
    REQUIRE_FALSE(page.has_value());
    CHECK(page.error().code == errc::unavailable);
    const auto rows = answer_of<std::vector<shard_row>>([&](auto done) { (*opened)->survey(done); });
    CHECK_FALSE(rows.has_value());
    CHECK(fatal == 1);
  }
  auto opened = sqlite_database::open(options, log);
  REQUIRE(opened.has_value());
  one_database store(**opened);
  CHECK(range_of(store, room, 0).events.at(0)->at_position() == acked);
  CHECK(head_of(store, room).head.seq.value <= 2);
}

}  // namespace parley::contract
