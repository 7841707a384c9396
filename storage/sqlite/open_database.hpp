#pragma once

#include "actors/core/result.hpp"
#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/file_lease.hpp"
#include "storage/sqlite/schema.hpp"
#include "storage/sqlite/sqlite_options.hpp"

#include <memory>

namespace parley::sqlite {

/// A database that is locked, durable and of this program's schema.
struct opened {
  std::unique_ptr<file_lease> lease;
  std::unique_ptr<connection> db;
  identity who;
};

/// Errors as of `sqlite_database::open`.
result<opened> open_database(const sqlite_options& options);

}  // namespace parley::sqlite
