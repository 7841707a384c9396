#pragma once

#include "storage/redis/redis_link.hpp"
#include "storage/redis/slot_map.hpp"

#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <functional>
#include <memory>

namespace parley {

/// Asks one server of a Redis Cluster after the other for its slot map, on a connection of its own, until one tells it.
/// On one strand.
class map_question final : public link_listener, public std::enable_shared_from_this<map_question> {
public:
  /// @param timeout  of each server
  map_question(redis_link::strand where, std::deque<redis_address> candidates, milliseconds timeout);

  /// @param done  runs once, unless it is given up: the map, or why the last server that answered has none; where none
  ///              answered, why the last was not reached
  void ask(std::function<void(result<slot_map>)> done);
  void give_up();

private:
  void opened(redis_link& link) override;
  void received(redis_link& link, resp_value value) override;
  void written(redis_link&) override {}
  void closed(redis_link& link, std::string reason) override;

  void ask_next();
  void finish(result<slot_map> told);

  redis_link::strand strand_;
  std::deque<redis_address> candidates_;
  milliseconds timeout_;
  boost::asio::steady_timer timer_;
  std::function<void(result<slot_map>)> done_;
  std::shared_ptr<redis_link> link_;
  error why_not_{errc::unavailable, "no server to ask"};
  bool was_answered_ = false;
};

}  // namespace parley
