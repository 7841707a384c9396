#pragma once

#include "storage/postgres/postgres_database.hpp"
#include "tests/contract/store.hpp"
#include "tests/support/private_postgres.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

namespace parley::contract {

/// One server for the whole program, started by whoever asks first.
testing::private_postgres& shared_server();

class quiet_log final : public log {
public:
  bool is_on(log_level) const override { return false; }
  void write(log_level, std::string_view, std::initializer_list<log_field>) override {}
};

/// Keeps the names of the errors that it is told. Thread-safe.
class error_log final : public log {
public:
  bool is_on(log_level level) const override { return level == log_level::error; }
  void write(log_level level, std::string_view event, std::initializer_list<log_field>) override {
    const std::lock_guard lock(mutex_);
    if (is_on(level)) errors_.emplace(event);
  }
  bool has(const std::string& event) const {
    const std::lock_guard lock(mutex_);
    return errors_.contains(event);
  }

private:
  mutable std::mutex mutex_;
  std::set<std::string> errors_;
};

/// An adapter with its Asio thread.
class postgres_store final : public store {
public:
  /// A fresh database on the server, or a second node's view of one that exists. @param options with a `dsn` where the
  /// way to it leads elsewhere
  postgres_store(const testing::private_postgres& server, std::string database, postgres_options options);
  ~postgres_store() override;

  event_log& events() override { return *database_; }
  ownership_log& ownership() override { return *database_; }
  void reopen() override;

  postgres_database& database() { return *database_; }
  const std::string& name() const { return name_; }
  const error_log& errors() const { return log_; }

private:
  void close();

  std::string name_;
  postgres_options options_;
  error_log log_;
  postgres_probe probe_;
  std::optional<boost::asio::io_context> io_;
  std::thread thread_;
  std::unique_ptr<postgres_database> database_;
};

/// Short limits, checked mode, few shards.
postgres_options impatient();

}  // namespace parley::contract
