#include "node/peer_metrics.hpp"

#include <string>

namespace parley {

peer_metrics::peer_metrics(metric_book book)
    : links_(book.gauge("parley_peer_links", "Open links to other nodes, from either side.")),
      sent_(book.counter("parley_peer_items_sent_total", "Questions and answers sent to other nodes.")),
      sent_bytes_(book.counter("parley_peer_sent_bytes_total", "Bytes in their frames.")),
      received_(book.counter("parley_peer_items_received_total", "Questions and answers from other nodes.")),
      received_bytes_(book.counter("parley_peer_received_bytes_total", "Bytes in their frames.")),
      pings_lost_(book.counter("parley_peer_pings_lost_total", "Times that a link was quiet for two pings.")) {
  for (std::size_t i = 0; i < net::peer_end_count; ++i) {
    const std::string why{net::word_of(static_cast<net::peer_end>(i))};
    closed_[i] =
        &book.counter("parley_peer_links_closed_total", "Links that had been open, by their end.", {{"why", why}});
    refused_[i] = &book.counter("parley_peer_links_refused_total",
                                "Attempts, from either side, that came to nothing, by their end.", {{"why", why}});
  }
}

}  // namespace parley
