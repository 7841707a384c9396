#include "storage/postgres/postgres_database.hpp"
#include "storage/postgres/prepare_postgres.hpp"
#include "tests/fidelity/database_stage.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/private_postgres.hpp"
#include "tests/support/relay.hpp"

#include <libpq-fe.h>
#include <signal.h>

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

namespace parley::fidelity {
namespace {

using testing::eventually;
using testing::private_postgres;
using testing::relay;

relay::role role_of(road which) {
  switch (which) {
    case road::writer: return relay::role::writer;
    case road::control: return relay::role::control;
    case road::reader: break;
  }
  return relay::role::reader;
}

class no_log final : public log {
public:
  bool is_on(log_level) const override { return false; }
  void write(log_level, std::string_view, std::initializer_list<log_field>) override {}
};

private_postgres& server_of(server which) {
  static private_postgres spared;
  if (which == server::spared) return spared;
  static private_postgres struck{"recovery_init_sync_method=syncfs"};
  return struck;
}

/// Somebody else's session.
class session {
public:
  session(const private_postgres& server, const std::string& database)
      : to_(PQconnectdb(server.dsn(database).c_str()), &PQfinish) {}
  void run(const std::string& sql) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> answer(PQexec(to_.get(), sql.c_str()), &PQclear);
    const auto status = PQresultStatus(answer.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
      throw std::runtime_error(PQresultErrorMessage(answer.get()));
  }

private:
  std::unique_ptr<PGconn, decltype(&PQfinish)> to_;
};

/// One node's adapter, its thread, and its way to the server.
class node {
public:
  node(const private_postgres& server, const std::string& database, const cluster_record& cluster,
       postgres_options options, std::uint64_t seed)
      : way_(server.port(), {true, seed, milliseconds{1}}) {
    options.dsn = "host=127.0.0.1 port=" + std::to_string(way_.port()) +
                  " user=parley sslmode=disable gssencmode=disable dbname=" + database;
    adapter_ = std::make_unique<postgres_database>(io_, options, cluster, log_, probe_);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~node() {
    adapter_->stop();
    thread_.join();
  }
  postgres_database& adapter() { return *adapter_; }
  relay& way() { return way_; }

private:
  relay way_;
  no_log log_;
  postgres_probe probe_;
  boost::asio::io_context io_;
  std::unique_ptr<postgres_database> adapter_;
  std::thread thread_;
};

class real final : public database_stage {
public:
  explicit real(server which) : server_(server_of(which)), name_(server_.create_database()) {
    postgres_options options;
    options.dsn = server_.dsn(name_);
    options.is_home = true;
    options.shards = 8;
    options.checked = true;
    options.statement_timeout = milliseconds{1500};
    options.lock_timeout = milliseconds{400};
    options.retry_delay_max = milliseconds{200};
    auto cluster = prepare_postgres(options, std::nullopt, log_);
    if (!cluster) throw std::runtime_error(cluster.error().detail);
    for (std::uint64_t i = 0; i < 2; ++i) nodes_[i] = std::make_unique<node>(server_, name_, *cluster, options, i + 1);
    for (const auto each : {road::writer, road::control, road::reader}) {
      await_connections(0, each);
      await_connections(1, each);
    }
  }
  ~real() override {
    thaw();
    for (auto& n : nodes_) n.reset();
  }

  event_log& events(std::size_t n) override { return nodes_[n]->adapter(); }
  ownership_log& ownership(std::size_t n) override { return nodes_[n]->adapter(); }
  bool wait(const std::function<bool()>& condition) override { return eventually(condition); }

  void dawdle() override {}  // it does by itself
  void cut(std::size_t n) override { nodes_[n]->way().cut(); }
  void lose_near(std::size_t n, road which) override { nodes_[n]->way().lose_near(role_of(which)); }
  void lose_statement(std::size_t n, road which) override { nodes_[n]->way().lose_statement(role_of(which)); }
  void lose_reply(std::size_t n, road which) override { nodes_[n]->way().lose_reply(role_of(which)); }
  void keep_next_commit(std::size_t n, road which) override { nodes_[n]->way().keep_next_commit(role_of(which)); }
  void let_commit(std::size_t n, road which) override { nodes_[n]->way().let_commit(role_of(which)); }

  void terminate(std::size_t n, road which) override {
    for (const auto pid : backends(n, which))
      server_.execute("SELECT pg_terminate_backend(" + std::to_string(pid) + ")");
  }
  void freeze(std::size_t n, road which) override {
    await_connections(n, which);
    for (const auto pid : backends(n, which)) {
      frozen_.push_back(pid);
      ::kill(pid, SIGSTOP);
    }
  }
  void thaw() override {
    for (const auto pid : frozen_) ::kill(pid, SIGCONT);
  }
  void await_thawed() override {
    for (const auto pid : std::exchange(frozen_, {}))
      eventually(
          [&] { return server_.execute("SELECT 1 FROM pg_stat_activity WHERE pid = " + std::to_string(pid)).empty(); });
  }
  void freeze_server() override { server_.pause(); }
  void thaw_server() override { server_.resume(); }
  void crash() override {
    locks_.clear();
    holds_.clear();
    server_.kill();
  }
  void restart() override { server_.start(); }

  void set_read_only(bool on) override {
    server_.execute(std::string("ALTER SYSTEM ") +
                    (on ? "SET default_transaction_read_only = on" : "RESET default_transaction_read_only"));
    server_.execute("SELECT pg_reload_conf()");
    // A backend takes the setting before its next statement, once the postmaster has passed the signal on.
    eventually([&] { return (server_.execute("SHOW default_transaction_read_only")[0][0] == "on") == on; });
  }
  void lock(shard_id shard) override {
    auto& by = locks_[shard];
    by = std::make_unique<session>(server_, name_);
    by->run("BEGIN");
    by->run("SELECT FROM parley.shard WHERE shard = " + std::to_string(shard.value) + " FOR UPDATE");
  }
  void unlock(shard_id shard) override {
    locks_.at(shard)->run("ROLLBACK");
    locks_.erase(shard);
  }
  void hold(const room_ref& room, seq next) override {
    auto& by = holds_[room->key];
    by = std::make_unique<session>(server_, name_);
    by->run("BEGIN");
    by->run("INSERT INTO parley.event (room, seq, term, kind, payload) VALUES ('" + room->key.hex() + "', " +
            std::to_string(next.value) + ", 1, 0, '')");
  }
  void let_go(const room_ref& room) override {
    holds_.at(room->key)->run("ROLLBACK");
    holds_.erase(room->key);
  }
  void step_clock(milliseconds by) override {
    server_.execute(
        "UPDATE parley.lease SET expires_at = expires_at - interval '" + std::to_string(by.count()) + " ms'", name_);
  }

  bool is_locked(shard_id shard) override {
    return server_
        .execute("SELECT FROM parley.shard WHERE shard = " + std::to_string(shard.value) + " FOR UPDATE SKIP LOCKED",
                 name_)
        .empty();
  }
  bool somebody_waits() override {
    return !server_
                .execute("SELECT 1 FROM pg_stat_activity WHERE datname = '" + name_ + "' AND wait_event_type = 'Lock'")
                .empty();
  }

private:
  std::vector<pid_t> backends(std::size_t n, road which) {
    std::string ports;
    for (const auto port : nodes_[n]->way().server_side_ports(role_of(which)))
      ports += (ports.empty() ? "" : ",") + std::to_string(port);
    std::vector<pid_t> pids;
    if (ports.empty()) return pids;
    for (const auto& row : server_.execute("SELECT pid FROM pg_stat_activity WHERE client_port IN (" + ports + ")"))
      pids.push_back(static_cast<pid_t>(std::stol(row[0])));
    return pids;
  }
  void await_connections(std::size_t n, road which) {
    const std::size_t wanted = which == road::reader ? 2 : 1;
    if (!eventually([&] { return backends(n, which).size() == wanted; }))
      throw std::runtime_error("a node does not connect");
  }

  private_postgres& server_;
  std::string name_;
  no_log log_;
  std::map<shard_id, std::unique_ptr<session>> locks_;
  std::map<room_key, std::unique_ptr<session>> holds_;
  std::unique_ptr<node> nodes_[2];
  std::vector<pid_t> frozen_;
};

}  // namespace

std::unique_ptr<database_stage> real_database(server which) { return std::make_unique<real>(which); }

}  // namespace parley::fidelity
