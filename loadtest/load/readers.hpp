#pragma once

#include "loadtest/load/door.hpp"

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <random>
#include <vector>

namespace parley::load {

/// All who read: they join their rooms and stay. Some are dropped now and then and resume, some stall; whom the node
/// ends comes back by itself. Reader n has the rooms from n * rooms_each on, around.
class readers final : public client_owner {
public:
  readers(stage& shared, door& entrance);

  /// Everyone connects and joins.
  void open();
  bool are_all_live() const { return streams_live_ == streams_; }
  /// From now on some stall, as the scenario says: with the load, for the node feels it once their sockets are full.
  void begin_stalls();
  /// From now on some drop.
  void begin_drops();
  /// No drop any more, and the stalled ones read on.
  void end_trouble();
  /// Whether every stream is live and has all that was acknowledged.
  bool have_all() const;
  /// Tells each that has not as a violation. @returns how many clients have no connection, of which nothing can be said
  std::size_t judge();
  std::size_t size() const { return all_.size(); }
  /// Whether a loss before the run ends it, and what was lost.
  const std::string& first_loss() const { return first_loss_; }

private:
  void greeted(client& one) override { entrance_.passed(one, true); }
  void live(client& one, stream& s, bool is_first) override;
  void join_refused(client& one, stream& s, const answer& why) override;
  void lost(client& one, const std::string& why, unsigned close_code) override;

  void await_drop();
  void drop_some(std::int64_t due_ns);
  void await_stall();
  void set_stalled(bool stalled);
  void forget_live(client& one);

  stage& stage_;
  door& entrance_;
  std::vector<std::unique_ptr<client>> all_;
  std::vector<std::size_t> live_of_;  ///< of each client: how many of its streams are live
  std::vector<bool> stands_still_;    ///< of the stalled ones: reads nothing now
  std::size_t streams_ = 0, streams_live_ = 0;
  boost::asio::steady_timer drop_timer_, stall_timer_;
  std::int64_t next_drop_ns_ = 0;
  std::mt19937_64 chance_;
  bool is_in_trouble_ = false;
  std::string first_loss_;
};

}  // namespace parley::load
