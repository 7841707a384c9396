#pragma once

#include "node/ctl/refusal.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

struct pg_conn;

namespace parley::ctl {

/// One row of an answer, as text; a null is empty. A cell that is not what its reader says is a bug of ours.
class row {
public:
  explicit row(std::vector<std::string> cells) : cells_(std::move(cells)) {}
  const std::string& text(std::size_t column) const { return cells_.at(column); }
  std::int64_t number(std::size_t column) const;
  bool flag(std::size_t column) const { return cells_.at(column) == "t"; }
  friend bool operator==(const row&, const row&) = default;

private:
  std::vector<std::string> cells_;
};

using parameter = std::optional<std::string>;  ///< none: null

/// A blocking connection. Every failure is a refusal that says which database it was, without its password.
class database {
public:
  /// @param place in the list, from 0
  /// @throws refusal `usage` for a string that libpq cannot read, `unavailable`
  database(const std::string& dsn, std::size_t place);

  /// @throws refusal `unavailable`
  std::vector<row> ask(const char* sql, const std::vector<parameter>& parameters = {});
  std::size_t place() const { return place_; }
  const std::string& name() const { return name_; }  ///< how to reach it, without secrets
  /// @throws refusal about this database
  [[noreturn]] void refuse(exit_code code, const std::string& why) const;

private:
  struct closer {
    void operator()(pg_conn* connection) const noexcept;
  };

  std::string name_;  ///< for messages: without secrets
  std::size_t place_;
  std::unique_ptr<pg_conn, closer> connection_;
};

}  // namespace parley::ctl
