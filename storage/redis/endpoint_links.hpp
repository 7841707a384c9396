#pragma once

#include "actors/ports/fan_out.hpp"
#include "actors/ports/log.hpp"
#include "storage/envelope_codec.hpp"
#include "storage/envelope_seal.hpp"
#include "storage/redis/canary_watch.hpp"
#include "storage/redis/channel_links.hpp"
#include "storage/redis/channel_names.hpp"
#include "storage/redis/publish_inbox.hpp"
#include "storage/redis/redis_fan_out.hpp"
#include "storage/redis/redis_link.hpp"
#include "storage/redis/retry_delay.hpp"
#include "storage/redis/subscription_book.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <random>
#include <string>

namespace parley {

/// What a server of a Redis Cluster says of slots, and that it is out of reach. Called on the links' strand.
class slot_listener {
public:
  virtual ~slot_listener() = default;
  virtual void slot_ended(key_slot slot) = 0;
  virtual void subscription_redirected(key_slot slot, const redirection& where) = 0;
  virtual void publish_redirected(const redirection& where) = 0;
  virtual void open_failed() = 0;
};

/// The two links of one server: opens them together, gives them up together, and carries messages between them and
/// the sink. All state but the inbox belongs to one strand; the public functions may be called from any thread, those
/// that end in `_now` on the strand only.
class endpoint_links final : public channel_links,
                             public link_listener,
                             public std::enable_shared_from_this<endpoint_links> {
public:
  /// Of an independent server.
  endpoint_links(redis_link::strand where, redis_options options, redis_address address, channel_names names, log& out,
                 redis_probe& probe);
  /// Of a Redis Cluster's server: without canaries until `use_canary_now`.
  endpoint_links(redis_link::strand where, redis_options options, redis_address address, channel_names names, log& out,
                 redis_probe& probe, std::shared_ptr<slot_listener> slots);

  void start() override;
  void stop() override;
  void attach(std::shared_ptr<fan_out_sink> sink) override;
  void want(shard_id shard, std::string channel, channel_subject subject) override;
  void unwant(std::string channel) override;
  void publish(const std::string& channel, std::string envelope) override;

  void want_now(const std::string& channel, const channel_subject& subject);
  void unwant_now(const std::string& channel);
  /// In place of the former one.
  void use_canary_now(std::string channel);

private:
  enum class phase : std::uint8_t { idle, opening, standing, resting, stopped };

  void opened(redis_link& link) override;
  void received(redis_link& link, resp_value value) override;
  void written(redis_link& link) override;
  void closed(redis_link& link, std::string reason) override;

  void open_links();
  void stand();
  void lose(std::string reason);
  void close_links();
  void rest();
  void take_inbox();
  void note_waiting();
  void send_wishes();
  void published(const resp_value& answer);
  void redirected(const redirection& where);
  void told(const channel_subject& subject);
  void deliver(channel_message message);
  void show(const channel_subject& subject, redis_envelope what, std::size_t bytes);
  void wait_for_canary();
  void canary_due();
  void canary_came(const canary& it);

  const redis_options options_;
  const redis_address address_;
  const channel_names names_;
  const pubsub_dialect dialect_;
  const envelope_seal seal_;
  log& log_;
  redis_probe& probe_;
  redis_link::strand strand_;
  publish_inbox inbox_;

  std::shared_ptr<fan_out_sink> sink_;
  std::shared_ptr<slot_listener> slots_;  ///< null: an independent server
  phase phase_ = phase::idle;
  std::shared_ptr<redis_link> publishing_;
  std::shared_ptr<redis_link> subscribing_;
  subscription_book book_;
  std::size_t answers_due_ = 0;  ///< PUBLISHes given to the link and not answered yet
  retry_delay retry_;
  boost::asio::steady_timer retry_timer_;
  boost::asio::steady_timer canary_timer_;
  std::string canary_channel_;
  canary_watch canary_;
  bool was_heard_ = false;  ///< anything on the subscribing link since the last canary
  std::chrono::steady_clock::time_point canary_sent_;
  std::mt19937_64 random_;
};

}  // namespace parley
