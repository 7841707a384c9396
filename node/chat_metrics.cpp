#include "node/chat_metrics.hpp"

namespace parley {

chat_metrics::chat_metrics(metric_book book)
    : published_(book.counter("parley_events_committed_total", "Events known to be committed by this node.")),
      refused_(book.counter("parley_publishes_refused_total", "Publishes answered with an error.")),
      repeated_(
          book.counter("parley_publishes_repeated_total", "Publishes answered with an earlier one's result (G5).")),
      batches_(book.counter("parley_batches_sent_total", "Transactions sent to storage.")),
      batched_(book.counter("parley_batched_events_total", "Events in them.")),
      commit_(book.seconds("parley_batch_commit_seconds", "From a batch's sending to its known commit.")),
      unknown_(book.counter("parley_outcomes_unknown_total", "Batches whose link broke at the commit (C6).")),
      shards_(book.gauge("parley_shards_open", "Shards that this node owns.")),
      shards_lost_(book.counter("parley_shards_lost_total", "Shards given up or lost to another owner.")),
      handed_over_(book.counter("parley_shards_handed_over_total", "Those of them that were given to another node.")),
      forwarded_(book.counter("parley_publishes_forwarded_total", "Publishes sent to the node that owns the room.")),
      rooms_(book.gauge("parley_rooms_awake", "Rooms with an actor.")),
      feeds_(book.gauge("parley_feeds", "Rooms with a local subscriber, or one not long ago.")),
      holes_(book.counter("parley_holes_filled_total", "Holes in the live path that storage filled (G6).")),
      filled_(book.counter("parley_hole_events_filled_total", "Events in them.")),
      suspected_(book.counter("parley_tails_suspected_total", "Feeds that looked for a lost tail (C10).")),
      broken_(book.counter("parley_logs_broken_total", "Rooms whose stored log lacks a seq. Must stay 0.")),
      joins_(book.counter("parley_joins_total", "Joins answered with `joined`.")),
      joins_refused_(book.counter("parley_joins_refused_total", "Joins answered with an error.")),
      behind_(book.counter("parley_subscriptions_fell_behind_total", "Live subscriptions read on from storage.")),
      connections_(book.gauge("parley_connection_actors", "Conversations open.")) {}

}  // namespace parley
