#include "storage/sqlite/connection.hpp"

namespace parley::sqlite {
namespace {

void check(sqlite3* db, int code) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
  throw failure(db ? sqlite3_extended_errcode(db) : code, db ? sqlite3_errmsg(db) : sqlite3_errstr(code));
}

}  // namespace

void query::bind(int place, std::uint64_t number) {
  check(db_, sqlite3_bind_int64(statement_, place, static_cast<sqlite3_int64>(number)));
}

void query::bind(int place, std::string_view text) {
  // A null pointer would be SQL's NULL, not an empty text.
  const char* begin = text.data() ? text.data() : "";
  check(db_, sqlite3_bind_text64(statement_, place, begin, text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void query::bind(int place, blob b) {
  const void* begin = b.bytes.data() ? static_cast<const void*>(b.bytes.data()) : "";
  check(db_, sqlite3_bind_blob64(statement_, place, begin, b.bytes.size(), SQLITE_STATIC));
}

void query::bind(int place, std::nullptr_t) { check(db_, sqlite3_bind_null(statement_, place)); }

bool query::step() {
  const int code = sqlite3_step(statement_);
  check(db_, code);
  return code == SQLITE_ROW;
}

std::string_view query::bytes(int column) const {
  const auto* begin = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return begin ? std::string_view(begin, size) : std::string_view();
}

connection::connection(const std::string& path) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  db_.reset(db);
  check(db, code);
  sqlite3_extended_result_codes(db, 1);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
}

void connection::execute(const std::string& sql) {
  check(db_.get(), sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr));
}

sqlite3_stmt* connection::prepared(std::string_view sql) {
  if (auto known = prepared_.find(sql); known != prepared_.end()) return known->second.get();
  sqlite3_stmt* made = nullptr;
  check(db_.get(), sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &made, nullptr));
  return prepared_.emplace(std::string(sql), std::unique_ptr<sqlite3_stmt, closer>(made)).first->second.get();
}

}  // namespace parley::sqlite
