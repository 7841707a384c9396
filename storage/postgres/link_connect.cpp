#include "storage/postgres/link.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace parley::postgres {
namespace asio = boost::asio;
namespace {

/// What each session sets for itself. A setting that its operator made stricter stays.
const statement session{"session", R"(
SELECT set_config('statement_timeout', $1::int4::text, false), set_config('lock_timeout', $2::int4::text, false),
  set_config('idle_in_transaction_session_timeout', $1::int4::text, false),
  set_config('client_connection_check_interval', $2::int4::text, false),
  set_config('tcp_user_timeout', $1::int4::text, false),
  -- As on our end: an idle session whose node was cut off would else keep its place for two hours.
  set_config('tcp_keepalives_idle', '5', false), set_config('tcp_keepalives_interval', '2', false),
  set_config('tcp_keepalives_count', '3', false),
  set_config('default_transaction_isolation', 'read committed', false),
  set_config('work_mem', '32MB', false), set_config('jit', 'off', false),
  -- Every statement here has one right plan, by its keys; it must not depend on when a table was analyzed last.
  set_config('plan_cache_mode', 'force_generic_plan', false), set_config('enable_seqscan', 'off', false),
  CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')
       THEN set_config('synchronous_commit', 'on', false) END,
  current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on' AS is_durable)"};

}  // namespace

void link::connect() {
  close();
  state_ = state::connecting;
  const auto limit = std::to_string(context_->options.statement_timeout.count());
  // What stands in the connection string wins: it comes last.
  const std::array<const char*, 8> names{
      "fallback_application_name", "tcp_user_timeout", "keepalives_idle", "keepalives_interval",
      "keepalives_count",          "dbname",           "client_encoding", nullptr};
  const std::array<const char*, 8> values{"parley", limit.c_str(), "5", "2", "3", context_->options.dsn.c_str(),
                                          "UTF8",   nullptr};
  connection_ = PQconnectStartParams(names.data(), values.data(), 1);
  if (!connection_) return attempt_failed("out of memory");
  if (PQstatus(connection_) == CONNECTION_BAD) return attempt_failed(last_error());
  PQsetNoticeReceiver(connection_, &link::noticed, this);
  timer_.expires_after(context_->options.connect_timeout);
  timer_.async_wait([this, self = shared_from_this(), life = life_](boost::system::error_code ec) {
    if (!ec && life == life_ && state_ != state::ready) attempt_failed("no connection in time");
  });
  await_poll(false);
}

void link::await_poll(bool for_reading) {
  adopt_socket();
  if (!socket_.is_open()) return attempt_failed("no socket");
  const auto kind =
      for_reading ? asio::posix::stream_descriptor::wait_read : asio::posix::stream_descriptor::wait_write;
  socket_.async_wait(kind, [this, self = shared_from_this(), life = life_](boost::system::error_code ec) {
    if (life == life_ && ec != asio::error::operation_aborted) poll();
  });
}

void link::poll() {
  switch (PQconnectPoll(connection_)) {
    case PGRES_POLLING_READING: return await_poll(true);
    case PGRES_POLLING_WRITING:
    case PGRES_POLLING_ACTIVE: return await_poll(false);
    case PGRES_POLLING_OK: return prepare();
    case PGRES_POLLING_FAILED: break;
  }
  attempt_failed(last_error());
}

/// Settings, identity and the role's statements in one round trip.
void link::prepare() {
  state_ = state::preparing;
  adopt_socket();
  if (PQsetnonblocking(connection_, 1) != 0 || PQenterPipelineMode(connection_) == 0)
    return attempt_failed(last_error());
  bool is_sent = PQsendPrepare(connection_, session.name, session.sql, 0, nullptr) != 0 &&
                 PQsendPrepare(connection_, sql::identity.name, sql::identity.sql, 0, nullptr) != 0;
  for (const auto* s : role_.statements)
    is_sent = is_sent && PQsendPrepare(connection_, s->name, s->sql, 0, nullptr) != 0;
  if (!is_sent) return attempt_failed(last_error());
  exchange e;
  const auto in_ms = [](milliseconds time) { return static_cast<std::int32_t>(time.count()); };
  parameters limits;
  limits.add(in_ms(context_->options.statement_timeout)).add(in_ms(context_->options.lock_timeout));
  e.commands.push_back({&session, std::move(limits)});
  e.commands.push_back({&sql::identity, {}});
  e.done = [this](exchange_end end) { prepared(std::move(end)); };
  is_watching_ = true;  // the attempt's own timer watches
  const auto life = life_;
  if (send(e) && life == life_) await_answers();
}

void link::prepared(exchange_end end) {
  if (state_ != state::preparing) return;
  if (end.how != exchange_end::fate::done)
    return attempt_failed(end.refusal ? end.refusal->sqlstate + " " + end.refusal->message : end.reason);
  if (const auto wrong = check_identity(end.answers.back()); !wrong.empty()) return attempt_failed(wrong);
  if (!end.answers[end.answers.size() - 2].flag(0, 14))
    context_->log.write(log_level::error, "postgres.not_durable",
                        {{"database", context_->options.name}, {"fix", "set fsync and full_page_writes to on"}});
  state_ = state::ready;
  failures_ = 0;
  is_watching_ = false;
  timer_.cancel();
  context_->probe.link_opened(role_.name);
  context_->log.write(log_level::info, "postgres.link_opened",
                      {{"database", context_->options.name},
                       {"role", std::string(role_.name)},
                       {"timeline", context_->newest.timeline}});
}

/// C7. @returns what is wrong, or nothing
std::string link::check_identity(const rows& row) {
  const std::string system(row.bytes(0, 0)), timeline(row.bytes(0, 1)), cluster(row.bytes(0, 3));
  if (row.flag(0, 2)) return "the server is a standby";
  if (cluster != context_->cluster) return "the database belongs to another cluster: " + cluster;
  auto& newest = context_->newest;
  if (!newest.system.empty() && system != newest.system)
    return "the server is another one (system " + system + "): where it takes the former's place, restart all nodes";
  // A promotion makes a new, larger timeline. A smaller one is an old primary that nobody fenced.
  if (timeline < newest.timeline) return "the server is an old primary: timeline " + timeline;
  history_ = newest = {system, timeline};
  return {};
}

void link::attempt_failed(const std::string& reason) {
  if (state_ == state::stopped) return;
  close();
  in_flight_.clear();  // only the set-up's own exchange
  state_ = state::resting;
  ++failures_;
  context_->probe.connect_failed(role_.name);
  // Another reason is news: a server that is up again may have no place for us.
  if (failures_ == 1 || failures_ % 20 == 0 || reason != failure_told_) {
    failure_told_ = reason;
    context_->log.write(log_level::warn, "postgres.connect_failed",
                        {{"database", context_->options.name},
                         {"role", std::string(role_.name)},
                         {"reason", reason},
                         {"attempts", std::to_string(failures_)}});
  }
  const auto doublings = std::min<std::size_t>(failures_ - 1, 16);
  rest(std::min(context_->options.retry_delay_max, context_->options.retry_delay_min * (1 << doublings)));
  fail_waiting("no connection to the database: " + reason, false);
  changed();
}

/// Full jitter: nodes that lost a server together do not come back together.
void link::rest(milliseconds delay) {
  const auto drawn = std::uniform_int_distribution<milliseconds::rep>(0, delay.count())(context_->random);
  timer_.expires_after(milliseconds{drawn});
  timer_.async_wait([this, self = shared_from_this(), life = life_](boost::system::error_code ec) {
    if (!ec && life == life_ && state_ == state::resting) connect();
  });
}

}  // namespace parley::postgres
