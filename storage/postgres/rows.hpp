#pragma once

#include "actors/core/ids.hpp"

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace parley::postgres {

struct result_deleter {
  void operator()(PGresult* r) const noexcept { PQclear(r); }
};

/// The rows that one statement answered, in binary. A column that has another type than its reader says is a bug of
/// ours (the SQL and its reader stand side by side), and stops the process.
class rows {
public:
  explicit rows(PGresult* taken) : result_(taken) {}

  const PGresult* raw() const { return result_.get(); }
  int count() const { return PQntuples(result_.get()); }
  bool is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
  std::int16_t int2(int row, int column) const;
  std::int32_t int4(int row, int column) const;
  std::int64_t int8(int row, int column) const;
  bool flag(int row, int column) const;
  std::string_view bytes(int row, int column) const;
  /// Rows that an INSERT, UPDATE or DELETE touched.
  std::size_t affected() const;

  template <class Id>
  Id id(int row, int column) const {
    return Id{static_cast<decltype(Id::value)>(int8(row, column))};
  }
  /// `absent` for a null.
  template <class Id>
  Id id_or(int row, int column, Id absent) const {
    return is_null(row, column) ? absent : id<Id>(row, column);
  }

private:
  std::unique_ptr<PGresult, result_deleter> result_;
};

}  // namespace parley::postgres
