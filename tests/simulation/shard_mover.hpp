#pragma once

#include "node/ctl/data_move.hpp"
#include "tests/simulation/postgres_model.hpp"

#include <climits>
#include <memory>

namespace parley::simulation {

/// `parleyctl shards move-data` as the databases see it: the steps that node/ctl/data_move tells from the rows, each
/// one change of one database, with time in between. It may end after any of them; another one goes on from there.
class shard_mover : public std::enable_shared_from_this<shard_mover> {
public:
  struct target {
    postgres_model* database;
    database_id place;
  };
  /// @param patience how many steps it takes before it ends, as if it had been killed
  shard_mover(agenda& time, postgres_model& home, postgres_model& source, target to, shard_id shard, unsigned patience);

  void start();
  bool is_over() const { return is_over_; }
  void stay() { patience_ = UINT_MAX; }  ///< it is not killed any more

private:
  void later(nanoseconds in);
  void step();
  bool is_done(ctl::move_step next);  ///< false: not yet, again in a while
  bool freeze();
  bool activate();
  ctl::move_step next() const;

  agenda& time_;
  postgres_model &home_, &source_;
  target to_;
  shard_id shard_;
  unsigned patience_;
  instant closed_at_{};
  bool is_over_ = false;
};

}  // namespace parley::simulation
