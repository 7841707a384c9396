#pragma once

#include "node/metric_book.hpp"
#include "storage/postgres/postgres_probe.hpp"
#include "storage/redis/redis_probe.hpp"

#include <string>

namespace parley {

class postgres_metrics final : public postgres_probe {
public:
  postgres_metrics(metric_book book, const std::string& database);

  void link_opened(std::string_view) override { links_.Increment(); }
  void link_lost(std::string_view) override { links_.Decrement(), lost_.Increment(); }
  void connect_failed(std::string_view) override { failed_.Increment(); }
  void batch_committed(std::size_t events, std::chrono::nanoseconds took) override {
    events_.Increment(static_cast<double>(events));
    commit_.Observe(in_seconds(took));
  }
  void batch_failed(errc) override { batches_failed_.Increment(); }
  void duplicates_found(std::size_t keys) override { duplicates_.Increment(static_cast<double>(keys)); }
  void read_answered(std::chrono::nanoseconds took) override { read_.Observe(in_seconds(took)); }
  void read_failed(errc) override { reads_failed_.Increment(); }
  void recovered() override { recovered_.Increment(); }
  void keys_swept(std::size_t keys) override { swept_.Increment(static_cast<double>(keys)); }

private:
  prometheus::Gauge& links_;
  prometheus::Counter &lost_, &failed_, &events_;
  prometheus::Histogram& commit_;
  prometheus::Counter &batches_failed_, &duplicates_;
  prometheus::Histogram& read_;
  prometheus::Counter &reads_failed_, &recovered_, &swept_;
};

class redis_metrics final : public redis_probe {
public:
  redis_metrics(metric_book book, const std::string& endpoint);

  void link_opened() override { links_.Increment(); }
  void link_lost() override { links_.Decrement(), lost_.Increment(); }
  void open_failed() override { failed_.Increment(); }
  void messages_sent(std::size_t count, std::size_t bytes) override {
    sent_.Increment(static_cast<double>(count));
    sent_bytes_.Increment(static_cast<double>(bytes));
  }
  void messages_dropped(std::size_t count) override { dropped_.Increment(static_cast<double>(count)); }
  void message_received(std::size_t bytes) override {
    received_.Increment(), received_bytes_.Increment(static_cast<double>(bytes));
  }
  void message_refused() override { refused_.Increment(); }
  void foreign_message() override { foreign_.Increment(); }
  void channel_subscribed() override { subscribed_.Increment(); }
  void canary_returned(std::chrono::nanoseconds after) override { canary_.Observe(in_seconds(after)); }
  void half_open_found() override { half_open_.Increment(); }

private:
  prometheus::Gauge& links_;
  prometheus::Counter &lost_, &failed_, &sent_, &sent_bytes_, &dropped_, &received_, &received_bytes_, &refused_,
      &foreign_, &subscribed_;
  prometheus::Histogram& canary_;
  prometheus::Counter& half_open_;
};

}  // namespace parley
