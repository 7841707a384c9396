#pragma once

#include "loadtest/load/client.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <deque>
#include <unordered_set>

namespace parley::load {

/// Through which clients connect: at most some under way to their greeting at once, so that the node's backlog does not
/// overflow, and, while it is paced, one after the other. A client waits here at most once.
class door {
public:
  door(boost::asio::io_context& io, std::size_t under_way_max)
      : under_way_max_(under_way_max), pace_timer_(io), io_(io) {}

  /// From now on at most one in so long; 0: no pace.
  void pace(std::int64_t ns_each) { pace_ns_ = ns_each, next_ns_ = 0; }
  void open(client& one);
  /// After a while that grows with each loss in a row, from 0.1 s to 2 s.
  void open_later(client& one);
  /// It is greeted, or ended: the next one may go.
  void passed(client& one, bool is_greeted);
  /// How often somebody was greeted.
  std::size_t passed_ever() const { return passed_ever_; }
  /// Nobody else goes in.
  void shut() { is_shut_ = true; }

private:
  void admit();

  const std::size_t under_way_max_;
  boost::asio::steady_timer pace_timer_;
  boost::asio::io_context& io_;
  std::deque<client*> waiting_;
  std::unordered_set<client*> under_way_;
  std::int64_t pace_ns_ = 0, next_ns_ = 0;
  unsigned losses_in_a_row_ = 0;
  std::size_t passed_ever_ = 0;
  bool is_pacing_ = false, is_shut_ = false;
};

}  // namespace parley::load
