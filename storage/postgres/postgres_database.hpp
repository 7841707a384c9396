#pragma once

#include "actors/ports/event_log.hpp"
#include "actors/ports/log.hpp"
#include "actors/ports/ownership_log.hpp"
#include "actors/ports/shard_map_log.hpp"
#include "storage/cluster_record.hpp"
#include "storage/postgres/postgres_options.hpp"
#include "storage/postgres/postgres_probe.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>
#include <vector>

namespace parley {

/// One PostgreSQL database as its three ports, over non-blocking libpq on an Asio context: one connection that writes
/// in order, one for leases and polls (a renewal never waits behind a batch), and some for reads and claims.
/// Connections are made, checked (C7) and made again by themselves. While the server is out of reach every call but
/// `recover` fails at once with `unavailable`.
class postgres_database final : public event_log, public ownership_log, public shard_map_log {
public:
  /// `prepare_postgres` has worked before. The references must outlive the context's last handler.
  postgres_database(boost::asio::io_context& io, postgres_options options, cluster_record cluster, log& log,
                    postgres_probe& probe);
  ~postgres_database() override;

  /// Ends every connection and fails what is under way. Thread-safe; the completions run on the context.
  void stop();

  void append(append_batch batch, completion<append_outcome> done) override;
  void recover(recover_request request, completion<recovered> done) override;
  void range(range_query query, completion<range_page> done) override;
  void history(history_query query, completion<history_page> done) override;
  void heads(std::vector<room_ref> rooms, completion<std::vector<marked_head>> done) override;
  void marks(std::vector<shard_id> shards, completion<std::vector<shard_mark>> done) override;
  void trim(std::string owner, shard_fence fence, room_ref room, position floor,
            completion<shard_verdict> done) override;

  void renew(node_identity node, lease_wish wish, completion<lease_renewal> done) override;
  void survey(completion<std::vector<shard_row>> done) override;
  void departed(completion<std::vector<shard_id>> done) override;
  void claim(node_identity node, std::vector<shard_claim> claims, completion<std::vector<claimed_shard>> done) override;
  void yield(node_identity node, std::vector<owned_shard> shards, completion<std::size_t> done) override;
  void release(node_identity node, completion<std::size_t> done) override;

  void places(completion<shard_places> done) override;

private:
  class links;
  std::shared_ptr<links> links_;
};

}  // namespace parley
