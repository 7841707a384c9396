#pragma once

#include "storage/postgres/append_request.hpp"
#include "storage/postgres/gathering.hpp"
#include "storage/postgres/key_sweep.hpp"
#include "storage/postgres/link.hpp"
#include "storage/postgres/link_pool.hpp"
#include "storage/postgres/postgres_database.hpp"

#include <boost/asio/post.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace parley {

/// The connections of one database, and what takes more than one exchange. Lives on the strand; whoever calls from
/// elsewhere posts.
class postgres_database::links : public std::enable_shared_from_this<links> {
public:
  links(boost::asio::io_context& io, postgres_options options, const std::string& cluster, log& log,
        postgres_probe& probe);

  template <class F>
  void post(F&& f) {
    boost::asio::post(context_->strand, [self = shared_from_this(), f = std::forward<F>(f)]() mutable { f(*self); });
  }

  void start();
  void stop();

  void append(postgres::append_request request, completion<append_outcome> done);
  void recover(std::shared_ptr<const recover_request> request, completion<recovered> done);
  /// The newest event of a room, together with those of other rooms that are asked for at the same time.
  void newest(room_ref room, completion<history_page> done);
  /// A read, counted by the probe.
  void read(postgres::command what, std::function<void(postgres::exchange_end)> done);
  void claim(std::shared_ptr<const postgres::parameters> values, std::vector<shard_id> shards, bool waits_for_locks,
             completion<std::vector<claimed_shard>> done);
  void write(postgres::command what, std::function<void(postgres::exchange_end)> done);
  void control(postgres::command what, std::function<void(postgres::exchange_end)> done);

  const postgres_options& options() const { return context_->options; }
  database_identity& newest() { return context_->newest; }

private:
  using clock = std::chrono::steady_clock;

  /// Answers leave in the order of their batches, also where one had to be sent again.
  struct pending_append {
    postgres::append_request request;
    completion<append_outcome> done;
    clock::time_point since = clock::now();
    bool is_second_attempt = false;
    std::optional<result<append_outcome>> outcome;
  };
  using pending_ptr = std::shared_ptr<pending_append>;

  void send(const pending_ptr& p);
  void appended(const pending_ptr& p, postgres::exchange_end end);
  void look_keys_up(const pending_ptr& p, const postgres::server_refusal& why);
  void finish(const pending_ptr& p, result<append_outcome> outcome);

  void read_recovered_heads(std::shared_ptr<const recover_request> request, recovered found,
                            completion<recovered> done);
  void recover_later(std::shared_ptr<const recover_request> request, completion<recovered> done);

  struct wake {
    room_ref room;
    completion<history_page> done;
  };
  void read_newest();
  void await_wakes();

  void await_sweep(milliseconds delay);
  void sweep();

  std::shared_ptr<postgres::database_context> context_;
  std::shared_ptr<postgres::link> writer_, control_;
  postgres::link_pool readers_;
  postgres::gathering<wake> wakes_;
  boost::asio::steady_timer wake_timer_;
  bool is_awaiting_wakes_ = false;
  boost::asio::steady_timer sweep_timer_;
  postgres::key_sweep sweep_;
  std::deque<pending_ptr> appends_;
  database_identity written_to_;  ///< the history that the newest append was sent to
  bool is_stopped_ = false;
};

}  // namespace parley
