#pragma once

#include "tests/simulation/postgres_model.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace parley::simulation {

/// One connection of a node to a database, as storage/postgres/link keeps it: statements are sent as the pipeline has
/// room and answered in order; what waits fails when the server cannot be reached, what was sent when the link breaks;
/// it connects again by itself, with back-off; an old primary is refused (C7).
class postgres_channel : public std::enable_shared_from_this<postgres_channel> {
public:
  struct bounds {
    std::size_t in_flight, waiting;
  };
  /// What the network does to the next statement.
  enum class loss { none, of_statement, of_reply };

  postgres_channel(agenda& time, network& net, host_ptr node, postgres_model& database,
                   std::shared_ptr<database_identity> newest, bounds most)
      : time_(time), net_(net), node_(std::move(node)), database_(database), newest_(std::move(newest)), most_(most) {}

  void connect();
  /// `statement` runs at the server and is handed its way to answer. `lost` is what a broken link means for it.
  template <class T>
  void ask(std::function<void(postgres_model&, const backend_ptr&, std::function<void(result<T>)>)> statement,
           completion<T> done, errc lost, bool is_patient = false);
  void after(nanoseconds delay, task what) { node_->after(delay, std::move(what)); }

  bool is_ready() const { return is_ready_; }
  bool has_hope() const { return failures_ == 0; }
  std::size_t load() const { return sent_.size() + waiting_.size(); }

  /// The connection breaks: a reset on the way, a terminated backend, a dead server.
  void cut();
  /// Only this end learns that it broke.
  void lose_near();
  void lose_next(loss what) { next_ = what; }
  const backend_ptr& backend() const { return backend_; }
  /// The history that its server had when it was connected last.
  const database_identity& history() const { return history_; }

private:
  struct question {
    std::function<void(std::uint64_t number)> send;
    std::function<void(errc, const char*)> fail;
    errc lost;
    bool is_patient;
  };
  void connected();
  void attempt_failed();
  void lost();
  void rest(milliseconds most);
  void submit(question q);
  void send_waiting();
  void send(question q);
  void answered();
  void watch();

  agenda& time_;
  network& net_;
  host_ptr node_;
  postgres_model& database_;
  std::shared_ptr<database_identity> newest_;
  database_identity history_;
  bounds most_;
  wire_ptr wire_;
  backend_ptr backend_;
  bool is_ready_ = false, is_watching_ = false;
  unsigned failures_ = 0;
  std::uint64_t life_ = 0;  ///< of the connection
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, question> sent_;
  std::deque<question> waiting_;
  instant front_since_{};  ///< when the oldest unanswered one became that
  loss next_ = loss::none;
};

template <class T>
void postgres_channel::ask(
    std::function<void(postgres_model&, const backend_ptr&, std::function<void(result<T>)>)> statement,
    completion<T> done, errc lost, bool is_patient) {
  auto answer_once = std::make_shared<completion<T>>(std::move(done));
  question q;
  q.lost = lost;
  q.is_patient = is_patient;
  q.fail = [answer_once](errc code, const char* why) { (*answer_once)(error{code, why}); };
  q.send = [this, statement = std::move(statement), answer_once](std::uint64_t number) {
    const auto fate = std::exchange(next_, loss::none);
    if (fate == loss::of_statement) return wire_->cut();
    wire_->to_far([this, self = shared_from_this(), statement, answer_once, number, fate, w = wire_, at = backend_] {
      if (!database_.is_up()) return w->cut();
      statement(database_, at, [this, self, answer_once, number, fate, w](result<T> answer) {
        if (fate == loss::of_reply) return w->cut();
        w->to_near([this, self, answer_once, number, answer = std::move(answer)] {
          if (sent_.erase(number) == 0) return;
          (*answer_once)(answer);
          answered();
        });
      });
    });
  };
  submit(std::move(q));
}

}  // namespace parley::simulation
