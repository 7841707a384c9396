#pragma once

#include "actors/ports/event_log.hpp"
#include "actors/ports/ownership_log.hpp"

#include <cstddef>
#include <functional>
#include <memory>

namespace parley::fidelity {

/// Which of a node's connections: by what goes over it.
enum class road { writer, control, reader };  // appends and recovery; renewals and polls; reads and claims

/// Where a scenario is played: two nodes with their adapters, one database of eight shards, and what can befall them.
/// The model's is virtual time under a seed; the real one is a private server behind a relay for each node.
class database_stage {
public:
  virtual ~database_stage() = default;

  virtual event_log& events(std::size_t node) = 0;
  virtual ownership_log& ownership(std::size_t node) = 0;
  /// Lets the world go on until the condition holds. @returns false: it never did
  virtual bool wait(const std::function<bool()>& condition) = 0;

  /// Some time passes that no script decides.
  virtual void dawdle() = 0;

  /// A reset on every connection of the node.
  virtual void cut(std::size_t node) = 0;
  /// Only the node learns that its connections of this road are gone: the server works on.
  virtual void lose_near(std::size_t node, road which) = 0;
  /// The next statement does not reach the server; the link breaks.
  virtual void lose_statement(std::size_t node, road which) = 0;
  /// The next statement is carried out; the link breaks before its answer.
  virtual void lose_reply(std::size_t node, road which) = 0;
  /// The next statement runs and keeps its locks; its commit waits for `let_commit`.
  virtual void keep_next_commit(std::size_t node, road which) = 0;
  virtual void let_commit(std::size_t node, road which) = 0;

  /// pg_terminate_backend.
  virtual void terminate(std::size_t node, road which) = 0;
  /// SIGSTOP to the backends of the road; `thaw` ends it, for those that were frozen.
  virtual void freeze(std::size_t node, road which) = 0;
  virtual void thaw() = 0;
  /// Until the frozen backend of a client that hung up has worked off what had arrived, and is gone.
  virtual void await_thawed() = 0;
  virtual void freeze_server() = 0;
  virtual void thaw_server() = 0;
  virtual void crash() = 0;
  virtual void restart() = 0;

  virtual void set_read_only(bool on) = 0;
  /// Somebody else's open transaction holds the shard's row.
  virtual void lock(shard_id shard) = 0;
  virtual void unlock(shard_id shard) = 0;
  /// Somebody else's open transaction has the key of this event.
  virtual void hold(const room_ref& room, seq next) = 0;
  virtual void let_go(const room_ref& room) = 0;
  /// The server's clock steps forward, as far as leases are concerned.
  virtual void step_clock(milliseconds by) = 0;

  virtual bool is_locked(shard_id shard) = 0;
  /// Some transaction waits for a row.
  virtual bool somebody_waits() = 0;
};

std::unique_ptr<database_stage> model_database(std::uint64_t seed);
/// A fresh database. Of two servers of this program: the one whose processes a scenario may kill and stop stays small,
/// so that it is soon up again.
enum class server { spared, struck };
std::unique_ptr<database_stage> real_database(server which);

}  // namespace parley::fidelity
