#pragma once

#include "storage/postgres/parameters.hpp"
#include "storage/postgres/rows.hpp"
#include "storage/postgres/server_refusal.hpp"
#include "storage/postgres/statements.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley::postgres {

/// A statement and its parameters. Copies share these: a batch holds much, and may have to be sent again.
struct command {
  command(const statement* which, parameters bound)
      : what(which), values(std::make_shared<const parameters>(std::move(bound))) {}

  const statement* what;
  std::shared_ptr<const parameters> values;
};

/// How an exchange ended.
struct exchange_end {
  enum class fate {
    done,     ///< committed, and `answers` has one entry per command
    refused,  ///< the server answered with an error: rolled back
    unsent,   ///< no byte of it was given to the connection
    lost,     ///< the link ended without the last word: it may be committed
  };
  fate how = fate::unsent;
  std::vector<rows> answers;
  std::optional<server_refusal> refusal;  ///< where refused
  bool is_doubtful = false;               ///< done, but a standby's word is missing: a failover may lose it
  std::string reason;                     ///< where unsent or lost

  bool is_done() const { return how == fate::done && !is_doubtful; }
};

/// Statements that are one transaction: sent in one pipeline with one sync, so that no BEGIN and no COMMIT travels.
struct exchange {
  std::vector<command> commands;
  std::function<void(exchange_end)> done;  ///< exactly once, on the adapter's strand
  bool is_patient = false;                 ///< waits for a connection without end
};

/// For everything that only read, or whose loss is harmless: nothing to find out.
error to_error(const exchange_end& end);
/// For a write: where nobody knows, it says so.
error to_write_error(const exchange_end& end);

}  // namespace parley::postgres
