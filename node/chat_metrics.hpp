#pragma once

#include "actors/chat_probe.hpp"
#include "node/metric_book.hpp"

namespace parley {

class chat_metrics final : public chat_probe {
public:
  explicit chat_metrics(metric_book book);

  void published(std::size_t events) override { published_.Increment(static_cast<double>(events)); }
  void publish_refused() override { refused_.Increment(); }
  void publish_repeated() override { repeated_.Increment(); }
  void batch_sent(std::size_t events) override {
    batches_.Increment(), batched_.Increment(static_cast<double>(events));
  }
  void batch_committed(std::chrono::nanoseconds took) override { commit_.Observe(in_seconds(took)); }
  void outcome_unknown() override { unknown_.Increment(); }
  void shard_opened() override { shards_.Increment(); }
  void shard_lost() override { shards_.Decrement(), shards_lost_.Increment(); }
  void shard_handed_over() override { handed_over_.Increment(); }
  void publish_forwarded() override { forwarded_.Increment(); }
  void room_woken() override { rooms_.Increment(); }
  void room_slept() override { rooms_.Decrement(); }
  void feed_opened() override { feeds_.Increment(); }
  void feed_closed() override { feeds_.Decrement(); }
  void hole_filled(std::size_t events) override { holes_.Increment(), filled_.Increment(static_cast<double>(events)); }
  void tail_suspected(std::size_t feeds) override { suspected_.Increment(static_cast<double>(feeds)); }
  void log_broken() override { broken_.Increment(); }
  void joined() override { joins_.Increment(); }
  void join_refused() override { joins_refused_.Increment(); }
  void fell_behind() override { behind_.Increment(); }
  void connection_opened() override { connections_.Increment(); }
  void connection_closed() override { connections_.Decrement(); }

private:
  prometheus::Counter &published_, &refused_, &repeated_, &batches_, &batched_;
  prometheus::Histogram& commit_;
  prometheus::Counter& unknown_;
  prometheus::Gauge& shards_;
  prometheus::Counter &shards_lost_, &handed_over_, &forwarded_;
  prometheus::Gauge &rooms_, &feeds_;
  prometheus::Counter &holes_, &filled_, &suspected_, &broken_, &joins_, &joins_refused_, &behind_;
  prometheus::Gauge& connections_;
};

}  // namespace parley
