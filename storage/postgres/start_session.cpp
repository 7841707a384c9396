#include "storage/postgres/start_session.hpp"

#include "storage/postgres/rows.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace parley::postgres {

void refuse_start(const std::string& why) { throw failed_start{{errc::incompatible, why}}; }

start_session::start_session(const postgres_options& options) {
  const auto limit = std::to_string(std::max<std::int64_t>(2, options.connect_timeout.count() / 1000));
  const std::array<const char*, 5> names{"fallback_application_name", "connect_timeout", "dbname", "client_encoding",
                                         nullptr};
  const std::array<const char*, 5> values{"parley migrate", limit.c_str(), options.dsn.c_str(), "UTF8", nullptr};
  connection_.reset(PQconnectdbParams(names.data(), values.data(), 1));
  if (!connection_ || PQstatus(connection_.get()) != CONNECTION_OK)
    throw failed_start{{errc::unavailable, last_error()}};
  PQsetNoticeReceiver(
      connection_.get(), [](void*, const PGresult*) {}, nullptr);
}

void start_session::run(const char* sql) {
  const rows answer(PQexec(connection_.get(), sql));
  if (const auto status = PQresultStatus(answer.raw()); status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    throw failed_start{{errc::unavailable, last_error()}};
}

std::string start_session::ask(const char* sql, const std::vector<std::string>& parameters) {
  std::vector<const char*> values;
  for (const auto& p : parameters) values.push_back(p.c_str());
  const rows answer(PQexecParams(connection_.get(), sql, static_cast<int>(values.size()), nullptr, values.data(),
                                 nullptr, nullptr, 0));
  if (const auto status = PQresultStatus(answer.raw()); status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    throw failed_start{{errc::unavailable, last_error()}};
  return answer.count() > 0 ? std::string(answer.bytes(0, 0)) : std::string();
}

std::uint32_t start_session::number(const char* sql) {
  const auto text = ask(sql);
  std::uint32_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string start_session::last_error() const {
  std::string text = connection_ ? PQerrorMessage(connection_.get()) : "out of memory";
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace parley::postgres
