#include "node/ctl/database.hpp"

#include "node/secrets.hpp"

#include <libpq-fe.h>

#include <array>
#include <charconv>
#include <stdexcept>
#include <string_view>

namespace parley::ctl {
namespace {

/// An operator waits for it: what takes longer is told to be out of reach. What stands in the string wins.
constexpr const char* connect_seconds = "5";
constexpr const char* session_limits = "SET statement_timeout = '30s'; SET lock_timeout = '5s'";

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

void check(const std::string& dsn, std::size_t place) {
  char* why = nullptr;
  auto* const parsed = PQconninfoParse(dsn.c_str(), &why);
  const std::string reason = why == nullptr ? "" : trimmed(why);
  PQconninfoFree(parsed);
  PQfreemem(why);
  if (parsed != nullptr) return;
  throw refusal(exit_code::usage, "database " + std::to_string(place + 1) +
                                      " of the list cannot be read: " + mask_secrets(reason) +
                                      ". It takes postgresql://USER@HOST/NAME or \"host=HOST dbname=NAME user=USER\"");
}

}  // namespace

std::int64_t row::number(std::size_t column) const {
  const auto& cell = text(column);
  std::int64_t value = 0;
  if (const auto [end, failure] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
      failure != std::errc{} || end != cell.data() + cell.size())
    throw std::logic_error("column " + std::to_string(column) + " is no number");
  return value;
}

void database::closer::operator()(pg_conn* connection) const noexcept { PQfinish(connection); }

database::database(const std::string& dsn, std::size_t place) : name_(mask_secrets(dsn)), place_(place) {
  check(dsn, place);
  const std::array<const char*, 5> names{"fallback_application_name", "connect_timeout", "dbname", "client_encoding",
                                         nullptr};
  const std::array<const char*, 5> values{"parleyctl", connect_seconds, dsn.c_str(), "UTF8", nullptr};
  connection_.reset(PQconnectdbParams(names.data(), values.data(), 1));
  if (!connection_ || PQstatus(connection_.get()) != CONNECTION_OK) {
    const auto why = connection_ ? trimmed(PQerrorMessage(connection_.get())) : "out of memory";
    refuse(exit_code::unavailable, "is out of reach: " + why + ". Does it run, and is the address right?");
  }
  PQsetNoticeReceiver(
      connection_.get(), [](void*, const PGresult*) {}, nullptr);
  const std::unique_ptr<PGresult, decltype(&PQclear)> set(PQexec(connection_.get(), session_limits), &PQclear);
  if (PQresultStatus(set.get()) != PGRES_COMMAND_OK)
    refuse(exit_code::unavailable, "refuses: " + trimmed(PQerrorMessage(connection_.get())));
}

std::vector<row> database::ask(const char* sql, const std::vector<parameter>& parameters) {
  std::vector<const char*> values;
  for (const auto& p : parameters) values.push_back(p ? p->c_str() : nullptr);
  const std::unique_ptr<PGresult, decltype(&PQclear)> answer(
      PQexecParams(connection_.get(), sql, static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr,
                   0),
      &PQclear);
  if (const auto status = PQresultStatus(answer.get()); status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    const char* state = PQresultErrorField(answer.get(), PG_DIAG_SQLSTATE);
    const bool is_forbidden = state != nullptr && std::string_view(state) == "42501";
    refuse(exit_code::unavailable, "refuses: " + trimmed(PQerrorMessage(connection_.get())) +
                                       (is_forbidden ? ". Use the role of the nodes" : ""));
  }
  std::vector<row> rows;
  for (int at = 0; at < PQntuples(answer.get()); ++at) {
    std::vector<std::string> cells;
    for (int column = 0; column < PQnfields(answer.get()); ++column)
      cells.emplace_back(PQgetvalue(answer.get(), at, column));
    rows.emplace_back(std::move(cells));
  }
  return rows;
}

void database::refuse(exit_code code, const std::string& why) const {
  throw refusal(code, "database " + std::to_string(place_ + 1) + " of the list (" + name_ + ") " + why);
}

}  // namespace parley::ctl
