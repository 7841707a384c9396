#pragma once

#include "actors/core/result.hpp"
#include "storage/postgres/postgres_options.hpp"

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace parley::postgres {

/// What ends a step of the start; caught by the function of storage that was called, never seen outside.
struct failed_start {
  error why;
};
[[noreturn]] void refuse_start(const std::string& why);  ///< as `incompatible`

/// A blocking session, for start-up only. Throws `failed_start`.
class start_session {
public:
  explicit start_session(const postgres_options& options);

  int server_version() const { return PQserverVersion(connection_.get()); }
  /// Several statements without parameters, as they stand in a file.
  void run(const char* sql);
  /// One statement with text parameters. @returns its first column's first row, empty for none or null
  std::string ask(const char* sql, const std::vector<std::string>& parameters = {});
  std::uint32_t number(const char* sql);

private:
  std::string last_error() const;

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_{nullptr, &PQfinish};
};

}  // namespace parley::postgres
