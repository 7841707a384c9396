#include "storage/postgres/database_links.hpp"

#include "storage/postgres/page_rows.hpp"

#include <array>

namespace parley {
namespace {

using postgres::exchange_end;
using postgres::statement;
namespace sql = postgres::sql;

constexpr std::array writer_statements{
    &sql::wait_for_locks, &sql::append,  &sql::append_one, &sql::prove, &sql::forget_ended_keys,
    &sql::find_keys,      &sql::recover, &sql::trim,       &sql::yield, &sql::release,
    &sql::heads};
constexpr std::array reader_statements{&sql::range, &sql::history,        &sql::newest,     &sql::heads,
                                       &sql::claim, &sql::claim_unlocked, &sql::sweep_keys, &sql::sweep_leases};
constexpr std::array control_statements{&sql::renew, &sql::survey, &sql::departed, &sql::places, &sql::marks};

template <std::size_t N>
postgres::link_role role(std::string_view name, const std::array<const statement*, N>& statements,
                         std::size_t in_flight_max, std::size_t waiting_max) {
  return {name, std::span<const statement* const>(statements), in_flight_max, waiting_max};
}

postgres::gathering_options gathering_options_of(const postgres_options& options) {
  postgres::gathering_options made;
  made.waiting_max = options.reads_waiting_max;
  return made;
}

}  // namespace

postgres_database::links::links(boost::asio::io_context& io, postgres_options options, const std::string& cluster,
                                log& log, postgres_probe& probe)
    : context_(new postgres::database_context{
          io, boost::asio::make_strand(io), std::move(options), cluster, {}, log, probe}),
      writer_(std::make_shared<postgres::link>(
          context_, role("writer", writer_statements, 4, context_->options.writes_waiting_max))),
      control_(std::make_shared<postgres::link>(context_, role("control", control_statements, 16, 256))),
      // A short pipeline hides the round trip; what waits behind a slow statement is little.
      readers_(context_, role("reader", reader_statements, 4, 4), context_->options.reader_connections,
               context_->options.reads_waiting_max),
      wakes_(gathering_options_of(context_->options)),
      wake_timer_(context_->strand),
      sweep_timer_(context_->strand),
      sweep_(std::uniform_real_distribution<>{}(context_->random), {.period = context_->options.sweep_period}) {}

void postgres_database::links::start() {
  writer_->start();
  control_->start();
  readers_.start();
  await_sweep(context_->options.sweep_period);
}

void postgres_database::links::stop() {
  is_stopped_ = true;
  sweep_timer_.cancel();
  wake_timer_.cancel();
  writer_->stop("the node stops");
  control_->stop("the node stops");
  readers_.stop("the node stops");
  for (const auto& one : wakes_.give_up()) one.done(error{errc::unavailable, "the node stops"});
}

void postgres_database::links::read(postgres::command what, std::function<void(exchange_end)> done) {
  postgres::exchange e;
  e.commands.push_back(std::move(what));
  e.done = [this, since = clock::now(), done = std::move(done)](exchange_end end) {
    if (end.how == exchange_end::fate::done)
      context_->probe.read_answered(clock::now() - since);
    else
      context_->probe.read_failed(errc::unavailable);
    done(std::move(end));
  };
  readers_.submit(std::move(e));
}

void postgres_database::links::newest(room_ref room, completion<history_page> done) {
  if (is_stopped_) return done(error{errc::unavailable, "the node stops"});  // no timer would end its wait
  if (!wakes_.ask({std::move(room), done}, clock::now())) return done(error{errc::unavailable, "too many reads wait"});
  read_newest();
}

/// A room that wakes costs a share of a statement, where many do (P13).
void postgres_database::links::read_newest() {
  auto batch = wakes_.take(clock::now());
  if (batch.empty()) return await_wakes();
  std::vector<room_ref> rooms;
  for (const auto& one : batch) rooms.push_back(one.room);
  read(postgres::newest_command(rooms), [self = shared_from_this(), batch = std::move(batch)](exchange_end end) {
    self->wakes_.answered();
    const bool is_done = end.how == exchange_end::fate::done;
    for (std::size_t i = 0; i < batch.size(); ++i)
      batch[i].done(is_done ? postgres::read_newest(end.answers.front(), static_cast<int>(i))
                            : result<history_page>(to_error(end)));
    self->read_newest();
  });
}

void postgres_database::links::await_wakes() {
  const auto due = wakes_.due();
  if (!due || is_stopped_ || std::exchange(is_awaiting_wakes_, true)) return;
  wake_timer_.expires_at(*due);
  wake_timer_.async_wait([self = shared_from_this()](boost::system::error_code ec) {
    self->is_awaiting_wakes_ = false;
    if (!ec) self->read_newest();
  });
}

void postgres_database::links::write(postgres::command what, std::function<void(exchange_end)> done) {
  writer_->submit({{std::move(what)}, std::move(done), false});
}

void postgres_database::links::control(postgres::command what, std::function<void(exchange_end)> done) {
  control_->submit({{std::move(what)}, std::move(done), false});
}

/// Among the reads, so that a wait for an old owner's batch holds up neither appends nor renewals. One locked row must
/// not keep the others from being taken: after a wait in vain the claim goes on without the rows that are locked.
void postgres_database::links::claim(std::shared_ptr<const postgres::parameters> values, std::vector<shard_id> shards,
                                     bool waits_for_locks, completion<std::vector<claimed_shard>> done) {
  postgres::exchange e;
  e.commands.push_back({waits_for_locks ? &sql::claim : &sql::claim_unlocked, *values});
  e.done = [this, values, shards = std::move(shards), waits_for_locks,
            done = std::move(done)](exchange_end end) mutable {
    if (waits_for_locks && end.refusal && kind_of(*end.refusal) == postgres::refusal_kind::locked)
      return claim(values, std::move(shards), false, std::move(done));
    if (!end.is_done()) return done(to_write_error(end));
    const auto& rows = end.answers.front();
    std::vector<claimed_shard> claimed;
    for (int row = 0; row < rows.count(); ++row)
      claimed.push_back(
          {shards[static_cast<std::size_t>(row)], rows.flag(row, 0), rows.id<term>(row, 1), rows.id<attempt>(row, 2)});
    done(std::move(claimed));
  };
  readers_.submit(std::move(e));
}

void postgres_database::links::await_sweep(milliseconds delay) {
  if (is_stopped_) return;
  // Nodes share the work without talking about it: each waits between half and one and a half periods.
  sweep_timer_.expires_after(
      std::uniform_int_distribution<milliseconds::rep>(delay.count() / 2, delay.count() * 3 / 2)(context_->random) *
      milliseconds{1});
  sweep_timer_.async_wait([self = shared_from_this()](boost::system::error_code ec) {
    if (!ec) self->sweep();
  });
}

/// Not on the link of the lease, which must not wait.
void postgres_database::links::sweep() {
  postgres::exchange e;
  e.commands.push_back(
      {&sql::sweep_keys,
       std::move(postgres::parameters{}.add(sweep_.keys_max()).add(sweep_.first()).add(sweep_.end()))});
  if (sweep_.first() == 0) e.commands.push_back({&sql::sweep_leases, {}});
  e.done = [self = shared_from_this(), since = clock::now()](exchange_end end) {
    if (!end.is_done()) return self->await_sweep(self->context_->options.sweep_period);
    const auto& told = end.answers.front();
    const auto swept = told.int8(0, 0);
    if (swept > 0) self->context_->probe.keys_swept(static_cast<std::size_t>(swept));
    const auto took = std::chrono::duration_cast<milliseconds>(clock::now() - since);
    self->await_sweep(self->sweep_.looked(swept, told.int8(0, 1), took));
  };
  readers_.submit(std::move(e));
}

}  // namespace parley
