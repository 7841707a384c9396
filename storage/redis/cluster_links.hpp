#pragma once

#include "storage/redis/cluster_book.hpp"
#include "storage/redis/endpoint_links.hpp"
#include "storage/redis/map_question.hpp"
#include "storage/redis/slot_routes.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>

namespace parley {

/// One Redis Cluster as one endpoint: the links of each master, by a cluster_book's word, and the questions for its
/// map. What is published to a slot whose master is not known or changes is dropped, as all of a lost link is (G6). One
/// master's loss is that of its shards' subscriptions. All state but the routes belongs to one strand; the public
/// functions of channel_links may be called from any thread.
class cluster_links final : public channel_links, public std::enable_shared_from_this<cluster_links> {
public:
  /// @param endpoint  a cluster's
  cluster_links(redis_link::strand where, redis_options options, redis_endpoint endpoint, channel_names names, log& out,
                redis_probe& probe);

  void start() override;
  void stop() override;
  void attach(std::shared_ptr<fan_out_sink> sink) override;
  void want(shard_id shard, std::string channel, channel_subject subject) override;
  void unwant(std::string channel) override;
  void publish(const std::string& channel, std::string envelope) override;

private:
  class ear;
  enum class phase : std::uint8_t { idle, running, stopped };

  void perform(cluster_effects effects);
  void perform(const open_master& e);
  void perform(const close_master& e);
  void perform(const use_canary& e);
  void perform(const route_slots& e);
  void perform(const want_channel& e);
  void perform(const unwant_channel& e);
  void perform(const tell_shards_lost& e);
  void perform(const tell_link_lost& e);
  void perform(const tell_link_restored& e);
  void perform(const learn_map& e);

  void learn_soon();
  void learn_after(std::chrono::steady_clock::duration delay);
  void learn();
  void learnt(result<slot_map> map);
  std::deque<redis_address> candidates();
  redis_address address_of(const server_name& where) const;
  void complain(const std::string& why);

  const redis_options options_;
  const redis_endpoint endpoint_;
  const channel_names names_;
  log& log_;
  redis_probe& probe_;
  redis_link::strand strand_;
  slot_routes routes_;

  phase phase_ = phase::idle;
  std::shared_ptr<fan_out_sink> sink_;
  cluster_book book_;
  std::map<master_id, std::shared_ptr<endpoint_links>> masters_;
  std::shared_ptr<map_question> question_;
  std::set<server_name> replicas_;  ///< of the last map: they can be asked for the next one
  std::optional<server_name> asks_first_;
  bool asks_again_ = false;  ///< something happened while a question was under way
  bool is_due_ = false;      ///< a question waits for its delay
  bool is_settled_ = false;  ///< the last map was told, and left no wished slot without a master
  std::chrono::steady_clock::time_point asked_at_, trouble_at_;
  retry_delay retry_;
  boost::asio::steady_timer timer_;
  std::string complained_;  ///< of what, last
  std::mt19937_64 random_;
};

}  // namespace parley
