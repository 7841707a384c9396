#pragma once

#include "actors/ports/event_log.hpp"
#include "actors/ports/log.hpp"
#include "actors/ports/ownership_log.hpp"
#include "storage/cluster_record.hpp"
#include "storage/sqlite/sqlite_options.hpp"

#include <memory>
#include <vector>

namespace parley {

namespace sqlite {
class connection;
class file_lease;
struct identity;
class worker;
}  // namespace sqlite

/// The embedded store: one SQLite file (WAL, synchronous=FULL: a commit is fsynced) with its own thread, locked
/// against every other process. A call that does not fit into the queue fails with `unavailable` at once, on the
/// caller's thread: completions only post.
class sqlite_database final : public event_log, public ownership_log {
public:
  /// Blocks on the disk: for the start only. Makes or migrates the file.
  /// @returns `unavailable` when another process holds the file (the detail names it) or it cannot be opened;
  ///   `incompatible` when its schema is newer, it is not ours, or it has another number of shards
  static result<std::unique_ptr<sqlite_database>> open(sqlite_options options, log& log);

  /// Finishes the calls that wait.
  ~sqlite_database() override;

  const cluster_record& cluster() const { return cluster_; }

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
  /// None: there is one database.
  void departed(completion<std::vector<shard_id>> done) override;
  void claim(node_identity node, std::vector<shard_claim> claims, completion<std::vector<claimed_shard>> done) override;
  void yield(node_identity node, std::vector<owned_shard> shards, completion<std::size_t> done) override;
  void release(node_identity node, completion<std::size_t> done) override;

private:
  sqlite_database(sqlite_options options, log& log, std::unique_ptr<sqlite::file_lease> lease,
                  std::unique_ptr<sqlite::connection> db, sqlite::identity who);

  template <class T, class Act>
  void read(completion<T> done, Act act);
  template <class T, class Act>
  void write(completion<T> done, Act act);

  const sqlite_options options_;
  const cluster_record cluster_;
  const database_identity identity_;
  std::unique_ptr<sqlite::file_lease> lease_;  // before the worker: given up only when the last call is done
  std::unique_ptr<sqlite::worker> worker_;
};

}  // namespace parley
