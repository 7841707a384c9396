#pragma once

#include "tests/checker/history.hpp"
#include "tests/checker/verdict.hpp"
#include "tests/simulation/client_model.hpp"
#include "tests/simulation/node.hpp"
#include "tests/simulation/reduction.hpp"
#include "tests/simulation/shard_mover.hpp"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace parley::simulation {

/// Where the others' addresses begin; nodes' begin at 1.
inline constexpr address databases_at = 100, endpoints_at = 200, clients_at = 300;

/// How often each interesting state was met; one that stays 0 over thousands of seeds means that the test has gone
/// blind.
using sometimes = std::map<std::string, std::uint64_t>;

/// One run of the whole system under one seed: nodes of real actors, models of everything else, faults, then healing
/// and quiet, then the checker's verdict.
class world {
public:
  world(std::uint64_t seed, checker::history& history, const reduction& smaller = {});
  ~world();

  void run();

  /// Nothing is wrong: empty. Otherwise what the checker, or the world itself, found.
  std::string problem() const { return problem_; }
  sometimes counters() const;
  std::uint64_t steps() const { return time_.steps(); }
  std::uint64_t trace() const { return time_.trace(); }

private:
  struct slot {
    std::unique_ptr<node> process;
    std::uint32_t lives = 0;
  };

  void step();
  void run_for(nanoseconds how_long);
  bool run_until(const std::function<bool()>& is_there, nanoseconds at_most);
  void start_node(std::size_t which);
  void stop_node(std::size_t which, nanoseconds restart_in);
  std::shared_ptr<front_model::session> dial(const host_ptr& client, const std::weak_ptr<session_peer>& peer,
                                             std::size_t window);
  void act();
  void cause(fault f);
  void lose(std::size_t database, std::size_t commits);
  void trim(postgres_model& database);
  void hold_key(postgres_model& database);
  void cut_peers(std::size_t node);
  void move_shard();
  void move_endpoint();
  void go_on_moving(unsigned patience);
  void heal();
  void check_promptness();
  void read_back();
  void decide();
  std::uint64_t ns() const { return static_cast<std::uint64_t>(time_.now().time_since_epoch().count()); }
  address node_at(std::size_t i) const { return static_cast<address>(1 + i); }
  nanoseconds a_while() { return time_.between(milliseconds{100}, milliseconds{6000}); }

  agenda time_;
  network net_{time_};
  checker::history& history_;
  parley::simulation::plan plan_;
  chat_tally chat_tally_;
  alarm_log alarms_;
  std::vector<std::unique_ptr<postgres_model>> databases_;
  std::vector<std::unique_ptr<redis_model>> endpoints_;
  struct shard_move {
    shard_id shard;
    database_id from, to;
    std::shared_ptr<shard_mover> by;
  };
  std::optional<shard_move> move_;  ///< the one that was begun last
  peer_links::directory peers_{plan_.has_short_links};
  std::vector<slot> nodes_;
  std::vector<std::shared_ptr<client_model>> clients_;
  std::vector<std::string> rooms_;
  std::array<std::uint64_t, fault_count> hits_{};
  front_tally front_tally_;
  bool is_healed_ = false;
  bool has_lost_ = false;
  std::uint64_t takeovers_in_join_ = 0, takeovers_in_publish_ = 0;
  std::string problem_;
};

}  // namespace parley::simulation
