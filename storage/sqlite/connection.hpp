#pragma once

#include "actors/core/ids.hpp"
#include "actors/core/time.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace parley::sqlite {

/// What SQLite said. Stays in this room: the worker that runs a call turns it into an `error`.
struct failure : std::runtime_error {
  failure(int c, const std::string& what) : std::runtime_error(what), code(c) {}
  int code;  ///< an extended result code
};

/// A column's raw bytes, as opposed to text.
struct blob {
  std::span<const std::uint8_t> bytes;
};
inline blob as_blob(std::string_view text) {
  return {{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}};
}
inline blob as_blob(const room_key& key) { return {key.bytes}; }

/// One run of a prepared statement: it goes back to its connection, reset, at the end of the scope. What the binding
/// named must live until then: nothing is copied.
class query {
public:
  template <class... Values>
  query(sqlite3* db, sqlite3_stmt* statement, const Values&... values) : db_(db), statement_(statement) {
    int place = 0;
    (bind(++place, values), ...);
  }
  query(const query&) = delete;
  query& operator=(const query&) = delete;
  ~query() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

  /// @returns whether there is a row; throws `failure`
  bool step();

  std::uint64_t number(int column) const {
    return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
  }
  /// Valid until the next step.
  std::string_view bytes(int column) const;
  std::string text(int column) const { return std::string(bytes(column)); }
  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

private:
  void bind(int place, std::uint64_t number);
  void bind(int place, std::string_view text);
  void bind(int place, blob bytes);
  void bind(int place, std::nullptr_t);
  void bind(int place, unix_time at) { bind(place, static_cast<std::uint64_t>(at.time_since_epoch().count())); }
  template <class Tag, class T>
  void bind(int place, strong<Tag, T> id) {
    bind(place, std::uint64_t{id.value});
  }

  sqlite3* db_;
  sqlite3_stmt* statement_;
};

/// One open database file with its prepared statements. Used by one thread at a time.
class connection {
public:
  /// Throws `failure`.
  explicit connection(const std::string& path);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// `sql` is constant text of ours: it is prepared once and kept. One run of the same text at a time.
  template <class... Values>
  query run(std::string_view sql, const Values&... values) {
    return query(db_.get(), prepared(sql), values...);
  }
  /// Runs a statement that returns no row. @returns how many rows it changed
  template <class... Values>
  std::size_t change(std::string_view sql, const Values&... values) {
    run(sql, values...).step();
    return static_cast<std::size_t>(sqlite3_changes(db_.get()));
  }
  /// Several statements without values; throws `failure`.
  void execute(const std::string& sql);
  /// SQLite rolls a transaction back by itself after some errors.
  bool in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }

private:
  sqlite3_stmt* prepared(std::string_view sql);

  struct closer {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3, closer> db_;
  std::map<std::string, std::unique_ptr<sqlite3_stmt, closer>, std::less<>> prepared_;
};

}  // namespace parley::sqlite
