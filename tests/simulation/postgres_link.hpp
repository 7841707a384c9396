#pragma once

#include "actors/ports/event_log.hpp"
#include "actors/ports/ownership_log.hpp"
#include "actors/ports/shard_map_log.hpp"
#include "tests/simulation/postgres_channel.hpp"

#include <map>
#include <memory>
#include <vector>

namespace parley::simulation {

/// A node's adapter for one database: a connection for writes, one for leases and polls, and two for reads and claims.
class postgres_link final : public event_log, public ownership_log, public shard_map_log {
public:
  enum class role { writer, control, reader };

  postgres_link(agenda& time, network& net, host_ptr node, postgres_model& database);

  /// All of its connections break at once.
  void cut();
  std::vector<std::shared_ptr<postgres_channel>> channels(role of) const;

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
  template <class T>
  void read(postgres_channel& by, std::function<result<T>(const postgres_model&)> query, completion<T> done);
  /// The one with the least to do, of those that stand.
  postgres_channel& reader() const;
  void count(const recovered& answer);

  postgres_model& database_;
  std::map<shard_id, shard_fence> last_sent_;
  database_identity written_to_;
  std::shared_ptr<postgres_channel> writer_, control_;
  std::vector<std::shared_ptr<postgres_channel>> readers_;
};

}  // namespace parley::simulation
