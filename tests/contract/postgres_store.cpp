#include "tests/contract/postgres_store.hpp"

#include "storage/postgres/prepare_postgres.hpp"

#include <stdexcept>
#include <utility>

namespace parley::contract {

testing::private_postgres& shared_server() {
  static testing::private_postgres server;
  return server;
}

postgres_store::postgres_store(const testing::private_postgres& server, std::string database, postgres_options options)
    : name_(std::move(database)), options_(std::move(options)) {
  if (options_.dsn.empty()) options_.dsn = server.dsn(name_);
  options_.is_home = true;
  reopen();
}

postgres_store::~postgres_store() { close(); }

void postgres_store::reopen() {
  close();
  auto cluster = prepare_postgres(options_, std::nullopt, log_);
  if (!cluster) throw std::runtime_error(cluster.error().detail);
  io_.emplace();
  database_ = std::make_unique<postgres_database>(*io_, options_, *cluster, log_, probe_);
  thread_ = std::thread([this] { io_->run(); });
}

void postgres_store::close() {
  if (!database_) return;
  database_->stop();
  thread_.join();  // a stopped database leaves the context without work: it returns by itself
  database_.reset();
  io_.reset();
}

postgres_options impatient() {
  postgres_options made;
  made.shards = 8;
  made.checked = true;
  made.connect_timeout = milliseconds{1000};
  made.statement_timeout = milliseconds{1500};
  made.lock_timeout = milliseconds{300};
  made.retry_delay_max = milliseconds{200};
  return made;
}

std::unique_ptr<store> make_store(store_wishes wishes) {
  postgres_options options;
  options.shards = wishes.shards;
  options.dedup_window = wishes.dedup_window;
  options.checked = wishes.checked;
  auto& server = shared_server();
  return std::make_unique<postgres_store>(server, server.create_database(), options);
}

}  // namespace parley::contract
