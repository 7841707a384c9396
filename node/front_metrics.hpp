#pragma once

#include "net/front_probe.hpp"
#include "node/metric_book.hpp"

#include <array>
#include <map>

namespace parley {

class front_metrics final : public net::front_probe {
public:
  explicit front_metrics(metric_book book);

  void connection_accepted() override { accepted_.Increment(); }
  void connection_refused() override { refused_.Increment(); }
  void accept_paused() override { pauses_.Increment(); }
  void session_opened() override { sessions_.Increment(); }
  void session_closed(std::uint16_t code) override;
  void frame_received(std::size_t bytes) override {
    frames_.Increment(), received_.Increment(static_cast<double>(bytes));
  }
  void frame_not_understood() override { not_understood_.Increment(); }
  void bytes_written(std::size_t bytes, std::size_t blocks) override {
    writes_.Increment();
    written_.Increment(static_cast<double>(bytes));
    blocks_.Increment(static_cast<double>(blocks));
  }
  void live_batch_written() override { live_.Increment(); }
  void reader_fell_behind() override { behind_.Increment(); }
  void stream_broken() override { violations_.Increment(); }
  void http_answered(unsigned status) override;

private:
  prometheus::Counter &accepted_, &refused_, &pauses_;
  prometheus::Gauge& sessions_;
  prometheus::Counter &frames_, &received_, &not_understood_, &writes_, &written_, &blocks_, &live_, &behind_,
      &violations_;
  std::map<std::uint16_t, prometheus::Counter*> closed_;  // filled by the constructor, then only read
  std::array<prometheus::Counter*, 6> http_{};            // by the first digit
};

}  // namespace parley
