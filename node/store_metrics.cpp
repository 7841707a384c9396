#include "node/store_metrics.hpp"

namespace parley {

postgres_metrics::postgres_metrics(metric_book book, const std::string& database)
    : links_(book.gauge("parley_database_links", "Connections that stand.", {{"database", database}})),
      lost_(book.counter("parley_database_links_lost_total", "Connections lost.", {{"database", database}})),
      failed_(book.counter("parley_database_connects_failed_total", "Attempts that failed.", {{"database", database}})),
      events_(book.counter("parley_database_events_total", "Events committed.", {{"database", database}})),
      commit_(book.seconds("parley_database_commit_seconds", "One append, to its commit.", {{"database", database}})),
      batches_failed_(
          book.counter("parley_database_batches_failed_total", "Appends that failed.", {{"database", database}})),
      duplicates_(book.counter("parley_database_duplicates_total", "Keys found stored.", {{"database", database}})),
      read_(book.seconds("parley_database_read_seconds", "Reads, their wait included.", {{"database", database}})),
      reads_failed_(book.counter("parley_database_reads_failed_total", "Reads that failed.", {{"database", database}})),
      recovered_(
          book.counter("parley_database_recoveries_total", "Unknown outcomes resolved.", {{"database", database}})),
      swept_(book.counter("parley_database_keys_swept_total", "Ended dedup keys removed.", {{"database", database}})) {}

redis_metrics::redis_metrics(metric_book book, const std::string& endpoint)
    : links_(book.gauge("parley_endpoint_up", "Servers whose links stand: 1, or the masters of a cluster.",
                        {{"endpoint", endpoint}})),
      lost_(book.counter("parley_endpoint_links_lost_total", "Times that they were lost.", {{"endpoint", endpoint}})),
      failed_(book.counter("parley_endpoint_opens_failed_total", "Attempts that failed.", {{"endpoint", endpoint}})),
      sent_(book.counter("parley_endpoint_sent_total", "Messages published.", {{"endpoint", endpoint}})),
      sent_bytes_(book.counter("parley_endpoint_sent_bytes_total", "Bytes in them.", {{"endpoint", endpoint}})),
      dropped_(
          book.counter("parley_endpoint_dropped_total", "Messages dropped: down or full.", {{"endpoint", endpoint}})),
      received_(book.counter("parley_endpoint_received_total", "Messages received.", {{"endpoint", endpoint}})),
      received_bytes_(book.counter("parley_endpoint_received_bytes_total", "Bytes in them.", {{"endpoint", endpoint}})),
      refused_(book.counter("parley_endpoint_refused_total", "Messages no node of ours can have sent.",
                            {{"endpoint", endpoint}})),
      foreign_(book.counter("parley_endpoint_foreign_total", "Messages of other clusters.", {{"endpoint", endpoint}})),
      subscribed_(
          book.counter("parley_endpoint_subscribed_total", "Subscriptions confirmed.", {{"endpoint", endpoint}})),
      canary_(book.seconds("parley_endpoint_canary_seconds", "A canary, there and back.", {{"endpoint", endpoint}})),
      half_open_(book.counter("parley_endpoint_half_open_total", "Links closed for lost canaries.",
                              {{"endpoint", endpoint}})) {}

}  // namespace parley
