#pragma once

#include "net/peer/peer_probe.hpp"
#include "node/metric_book.hpp"

#include <array>

namespace parley {

class peer_metrics final : public net::peer_probe {
public:
  explicit peer_metrics(metric_book book);
  void link_opened() override { links_.Increment(); }
  void link_closed(net::peer_end why) override { links_.Decrement(), count(closed_, why); }
  void refused(net::peer_end why) override { count(refused_, why); }
  void frame_written(std::size_t bytes, std::size_t items) override {
    sent_.Increment(static_cast<double>(items)), sent_bytes_.Increment(static_cast<double>(bytes));
  }
  void frame_received(std::size_t bytes, std::size_t items) override {
    received_.Increment(static_cast<double>(items)), received_bytes_.Increment(static_cast<double>(bytes));
  }
  void ping_lost() override { pings_lost_.Increment(); }

private:
  using by_end = std::array<prometheus::Counter*, net::peer_end_count>;
  static void count(by_end& counters, net::peer_end why) { counters[static_cast<std::size_t>(why)]->Increment(); }

  prometheus::Gauge& links_;
  prometheus::Counter &sent_, &sent_bytes_, &received_, &received_bytes_, &pings_lost_;
  by_end closed_{}, refused_{};  // filled by the constructor, then only read
};

}  // namespace parley
