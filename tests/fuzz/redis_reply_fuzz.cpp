#include "storage/redis/cluster_book.hpp"
#include "storage/redis/subscription_book.hpp"

#include <cstdlib>
#include <set>

namespace {

using namespace parley;

/// A server's bytes in two cuts, each finished value to `take` until that says no.
template <class Take>
void read(std::string_view all, resp_limits limits, Take take) {
  resp_reader reader(limits);
  const std::size_t cut = all.empty() ? 0 : static_cast<unsigned char>(all[0]) % all.size();
  for (std::string_view piece : {all.substr(0, cut), all.substr(cut)}) {
    if (!reader.feed(piece)) return;
    while (auto value = reader.next())
      if (!take(std::move(*value))) return;
  }
}

/// Through reader and book: a message is shown for a subscribed channel only.
void play_book(std::string_view bytes, pubsub_dialect dialect) {
  subscription_book book{dialect};
  book.link_opened();
  book.want("a", room_key{});
  book.want("b", shard_id{1});
  bool is_told = false;
  book.commands();
  read(bytes, {.elements_max = 64, .value_bytes_max = 1u << 16}, [&](resp_value value) {
    const auto reply = book.replied(std::move(value));
    if (std::holds_alternative<reply_fault>(reply)) return false;
    is_told |= std::holds_alternative<subscription_confirmed>(reply);
    if (std::holds_alternative<channel_message>(reply) && !is_told) std::abort();
    // As the cluster's book does: what has ended is wanted again.
    if (std::holds_alternative<subscription_ended>(reply) || std::holds_alternative<command_redirected>(reply)) {
      for (const auto* channel : {"a", "b"}) book.unwant(channel);
      book.want("a", room_key{});
    }
    book.commands();
    return true;
  });
}

/// What the book asks of a master, the master is one, and was opened.
class watched_book {
public:
  void perform(const cluster_effects& effects) {
    for (const auto& effect : effects) std::visit([this](const auto& e) { check(e); }, effect);
  }
  cluster_book book;

private:
  void check(const open_master& e) {
    if (!open_.insert(e.master).second || open_.size() > 2 * slot_map::masters_max) std::abort();
  }
  void check(const close_master& e) {
    if (open_.erase(e.master) == 0) std::abort();
  }
  void check(const use_canary& e) { expect(e.master); }
  void check(const route_slots& e) {
    if (e.master) expect(*e.master);
  }
  void check(const want_channel& e) { expect(e.master); }
  void check(const unwant_channel& e) { expect(e.master); }
  void check(const tell_shards_lost&) {}
  void check(const tell_link_lost&) {}
  void check(const tell_link_restored&) {}
  void check(const learn_map&) {}
  void expect(master_id master) const {
    if (!open_.contains(master)) std::abort();
  }

  std::set<master_id> open_;
};

/// Slot maps and redirections, one after the other, to the book of a cluster.
void play_cluster(std::string_view bytes) {
  watched_book w;
  w.perform(w.book.want("a", room_key{}, shard_id{1}));
  const key_slot slot = slot_of("a");
  int left = 10;  // each map takes its time
  read(bytes, slot_map_limits, [&](const resp_value& value) {
    if (const auto where = parse_redirection(value.text)) {
      for (std::uint32_t id = 1; id < 5; ++id) {
        w.perform(w.book.subscription_redirected(master_id{id}, slot, *where));
        w.perform(w.book.publish_redirected(master_id{id}, *where));
      }
    } else if (const auto map = slot_map::read(value, "asked")) {
      w.perform(w.book.learnt(*map));
    }
    return --left > 0;
  });
}

}  // namespace

/// Nothing that a server says may crash or hang us. The first byte says as what it is read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest{reinterpret_cast<const char*>(bytes) + 1, size - 1};
  if (bytes[0] % 3 == 0) play_book(rest, plain_pubsub);
  if (bytes[0] % 3 == 1) play_book(rest, sharded_pubsub);
  if (bytes[0] % 3 == 2) play_cluster(rest);
  return 0;
}
