#include "storage/sqlite/open_database.hpp"

#include "storage/sqlite/leases.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace parley::sqlite {
namespace {

std::string reason(int code) { return std::generic_category().message(code); }

/// Makes an empty file if there is none: what people said is for this user only, and SQLite gives its side files the
/// same mode.
result<void> create_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return error{errc::unavailable, "cannot open " + path + ": " + reason(errno)};
  ::close(descriptor);
  // A file's name is durable with its folder only.
  auto folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  const int opened_folder = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool is_synced = opened_folder >= 0 && ::fsync(opened_folder) == 0;
  const int code = errno;
  if (opened_folder >= 0) ::close(opened_folder);
  if (!is_synced) return error{errc::unavailable, "cannot sync " + folder.string() + ": " + reason(code)};
  return {};
}

/// SQLite's defaults for WAL are synchronous=NORMAL in some builds, which loses commits at a power cut: said here.
void set_up(connection& db) {
  auto mode = db.run("PRAGMA journal_mode = WAL");
  if (!mode.step() || mode.bytes(0) != "wal") throw failure(SQLITE_ERROR, "the file system does not allow WAL");
  db.execute("PRAGMA synchronous = FULL");
  db.execute("PRAGMA foreign_keys = ON");
  db.execute("PRAGMA trusted_schema = OFF");
  db.execute("PRAGMA wal_autocheckpoint = 1000");
}

bool is_no_database(const failure& f) { return (f.code & 0xff) == SQLITE_NOTADB; }

}  // namespace

result<opened> open_database(const sqlite_options& options) {
  if (options.shards < 1 || options.shards > 65536) return error{errc::incompatible, "shards must be 1 to 65536"};
  auto lease = file_lease::take(options.path + ".lock");
  if (!lease) return lease.error();
  if (auto made = create_file(options.path); !made) return made.error();
  try {
    auto db = std::make_unique<connection>(options.path);
    set_up(*db);
    auto who = prepare(*db, options.shards);
    if (!who) return who.error();
    end_leases(*db);
    return opened{std::move(*lease), std::move(db), std::move(*who)};
  } catch (const failure& f) {
    return error{is_no_database(f) ? errc::incompatible : errc::unavailable, options.path + ": " + f.what()};
  }
}

}  // namespace parley::sqlite
