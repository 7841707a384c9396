#pragma once

#include "actors/ports/event_log.hpp"
#include "actors/ports/ownership_log.hpp"
#include "tests/simulation/postgres_model.hpp"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace parley::simulation {

/// One connection of a node to a database, as storage/postgres keeps it: what waits fails when the link breaks, as
/// unsent or as unknown; it connects again by itself, with back-off; an old primary is refused (C7).
class postgres_channel : public std::enable_shared_from_this<postgres_channel> {
public:
  postgres_channel(agenda& time, network& net, host_ptr node, postgres_model& database,
                   std::shared_ptr<database_identity> newest)
      : time_(time), net_(net), node_(std::move(node)), database_(database), newest_(std::move(newest)) {}

  void connect();
  /// `statement` runs at the server and is handed its way to answer. `lost` is what a broken link means for it.
  template <class T>
  void ask(std::function<void(postgres_model&, std::function<void(result<T>)>)> statement, completion<T> done,
           errc lost, bool is_patient = false);
  /// The connection breaks: a reset on the way, a terminated backend, a dead server.
  void cut();

private:
  struct question {
    task send;
    std::function<void(errc, const char*)> fail;
    errc lost;
    bool is_patient;
  };
  void connected();
  void attempt_failed();
  void lost();
  void submit(question q);
  void send(question q);

  agenda& time_;
  network& net_;
  host_ptr node_;
  postgres_model& database_;
  std::shared_ptr<database_identity> newest_;
  wire_ptr wire_;
  bool is_ready_ = false;
  unsigned failures_ = 0;
  std::uint64_t life_ = 0;  ///< of the connection
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::pair<errc, std::function<void(errc, const char*)>>> sent_;
  std::deque<question> patient_;
};

/// A node's adapter for one database: a connection for writes, one for ownership, and two for reads.
class postgres_link final : public event_log, public ownership_log {
public:
  postgres_link(agenda& time, network& net, host_ptr node, postgres_model& database);

  /// All of its connections break at once.
  void cut();

  void append(append_batch batch, completion<append_outcome> done) override;
  void recover(recover_request request, completion<recovered> done) override;
  void range(range_query query, completion<range_page> done) override;
  void history(history_query query, completion<history_page> done) override;
  void heads(std::vector<room_ref> rooms, completion<std::vector<marked_head>> done) override;
  void marks(std::vector<shard_id> shards, completion<std::vector<shard_mark>> done) override;
  void trim(std::string owner, shard_fence fence, room_ref room, position floor,
            completion<shard_verdict> done) override;
  void renew(node_identity node, milliseconds lease_time, completion<lease_renewal> done) override;
  void survey(completion<std::vector<shard_row>> done) override;
  void claim(node_identity node, std::vector<shard_claim> claims, completion<std::vector<claimed_shard>> done) override;
  void release(node_identity node, completion<std::size_t> done) override;

private:
  template <class T>
  void read(std::function<T(const postgres_model&)> query, completion<T> done);
  void count(const recovered& answer);

  postgres_model& database_;
  std::map<shard_id, shard_fence> last_sent_;
  std::shared_ptr<postgres_channel> writer_, control_;
  std::vector<std::shared_ptr<postgres_channel>> readers_;
  std::size_t next_reader_ = 0;
};

}  // namespace parley::simulation
