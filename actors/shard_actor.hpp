#pragma once

#include "actors/chat_context.hpp"
#include "actors/core/beacon_book.hpp"
#include "actors/core/shard_tenure.hpp"
#include "actors/core/write_gate.hpp"
#include "actors/messages.hpp"
#include "actors/ownership_messages.hpp"

#include <caf/event_based_actor.hpp>

#include <map>
#include <unordered_map>
#include <variant>
#include <vector>

namespace parley {

/// One shard on this node: while it is owned, its rooms' actors (woken by use, put to sleep when idle) and its beacons;
/// otherwise it gives writes back and leaves head questions to storage. Under a term that it gave one write back it
/// takes none any more: a session's writes that come back can go on in order.
class shard_actor : public caf::event_based_actor {
public:
  shard_actor(caf::actor_config& config, context_ptr context, shard_id shard, caf::actor writer, caf::actor router);

  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "shard"; }

private:
  using forwarded = std::variant<msg::write, msg::head_question>;
  struct room_entry {
    caf::actor actor;  ///< none while its head is being read
    std::uint64_t waking = 0;
    std::vector<msg::write> waiting;
    std::uint64_t forwarded = 0;
    instant used_at{};
  };

  void opened(const msg::shard_opened& m);
  void closed();
  void retired(term under);
  void hand_over();
  void flushed(const msg::flushed& m);
  void write(msg::write& m);
  void head(msg::head_question& m);
  void wake(const room_ref& room, room_entry& entry);
  void loaded(msg::room_loaded& m);
  void moved(const msg::shard_moved& m);
  void refuse(const msg::write& m, const char* why);
  void give_back(msg::write& m);
  void tick();
  void keep_ticking();
  bool may_answer() const;

  context_ptr context_;
  shard_id shard_;
  caf::actor writer_;     ///< of the database in which it was last opened
  database_id database_;  ///< that one: its lease is what counts, wherever the map has the shard by now
  caf::actor router_;
  shard_tenure tenure_;
  caf::actor ownership_;       ///< whose word opened it
  std::size_t unflushed_ = 0;  ///< rooms with writes under way, while it is handed over: `ownership_` waits for them
  std::map<term, std::size_t> retiring_;  ///< rooms of former terms that have not said `retired`
  std::unordered_map<room_key, room_entry> rooms_;
  write_gate gate_;
  beacon_book beacons_;
  std::uint64_t wakings_ = 0;
  instant swept_at_{};
  bool is_ticking_ = false;
};

}  // namespace parley
