#pragma once

#include "actors/chat.hpp"
#include "tests/simulation/front_model.hpp"
#include "tests/simulation/peer_links.hpp"
#include "tests/simulation/postgres_link.hpp"
#include "tests/simulation/redis_link.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace parley::simulation {

/// What the actors of all nodes counted in one run.
struct chat_tally final : chat_probe {
  void outcome_unknown() override { ++unknown; }
  void shard_lost() override { ++shards_lost; }
  void shard_handed_over() override { ++shards_handed_over; }
  void room_slept() override { ++rooms_slept; }
  void feed_closed() override { ++feeds_closed; }
  void hole_filled(std::size_t) override {
    ++holes_filled;
    if (is_join_under_way && is_join_under_way()) ++holes_filled_in_join;
  }
  void tail_suspected(std::size_t feeds) override { tails_suspected += feeds; }
  void log_broken() override { ++logs_broken; }
  void fell_behind() override { ++fallen_behind; }
  void join_refused() override { ++joins_refused; }
  std::uint64_t unknown = 0, shards_lost = 0, shards_handed_over = 0, rooms_slept = 0, feeds_closed = 0,
                holes_filled = 0, tails_suspected = 0, logs_broken = 0, fallen_behind = 0, joins_refused = 0,
                holes_filled_in_join = 0;
  std::function<bool()> is_join_under_way;
};

/// A log that keeps the alarms only.
class alarm_log final : public log {
public:
  bool is_on(log_level level) const override { return level == log_level::error; }
  void write(log_level level, std::string_view event, std::initializer_list<log_field>) override {
    if (level == log_level::error) alarms.emplace_back(event);
  }
  std::vector<std::string> alarms;
};

/// What there is around a node, besides its own settings.
struct node_shape {
  bool has_slots = false;  ///< the endpoints are Redis Clusters
  bool has_moves = false;  ///< shards may move between databases or endpoints
};

/// One parleyd: the product's own actors, all of them, on CAF's testing scheduler, between models of what they talk to.
/// Which actor goes next is the seed's to say.
class node {
public:
  node(agenda& time, network& net, address where, std::string incarnation, const chat_options& options,
       const std::vector<std::unique_ptr<postgres_model>>& databases,
       const std::vector<std::unique_ptr<redis_model>>& endpoints, node_shape shape, peer_links::directory& peers,
       log& alarms, chat_probe& probe, std::size_t outbox_max);
  ~node();

  host& machine() { return *host_; }
  front_model& front() { return *front_; }
  /// Lets the actors do what they can do now, or some of it.
  void run();
  void kill();
  /// SIGTERM, as far as actors are concerned; `end` follows once `is_released`.
  void release();
  bool is_released() const { return *is_released_; }
  void cut_database(std::size_t which) { links_[which]->cut(); }
  void cut_endpoint(std::size_t which) { fan_outs_[which]->cut(); }
  void cut_peers() { peers_->cut(); }
  bool is_ready() const { return chat_->is_ready(); }

private:
  void wake_at(nanoseconds in);

  agenda& time_;
  host_ptr host_;
  std::vector<std::unique_ptr<postgres_link>> links_;
  std::vector<std::unique_ptr<redis_link>> fan_outs_;
  std::unique_ptr<peer_links> peers_;
  std::unique_ptr<front_model> front_;
  std::unique_ptr<chat> chat_;
  instant synced_;
  instant not_before_{};
  std::optional<instant> wake_;
  std::shared_ptr<bool> is_released_ = std::make_shared<bool>(false);
};

}  // namespace parley::simulation
