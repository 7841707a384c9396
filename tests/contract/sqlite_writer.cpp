// Appends to a database for ever and prints each acknowledged seq: its parent kills it at some point.
#include "storage/sqlite/sqlite_database.hpp"
#include "tests/contract/sqlite_store.hpp"

#include <cstdio>
#include <cstdlib>
#include <future>

namespace {

using namespace parley;

template <class T, class Ask>
T value_of(Ask ask) {
  std::promise<result<T>> promised;
  ask([&](result<T> r) { promised.set_value(std::move(r)); });
  auto answer = promised.get_future().get();
  if (!answer) {
    std::fprintf(stderr, "%s\n", answer.error().detail.c_str());
    std::exit(1);
  }
  return std::move(*answer);
}

event_ptr numbered(term t, std::uint64_t s) {
  event made;
  made.seq = seq{s};
  made.term = t;
  made.sender = "ana";
  made.client_msg_id = "key-" + std::to_string(s);
  made.body.text = "event " + std::to_string(s) + std::string(s % 4000, '.');
  made.version = 1;
  return std::make_shared<event>(std::move(made));
}

void write_for_ever(sqlite_database& database, const node_identity& node) {
  const auto room = contract::crash_room();
  // Long: only the file's lock can tell a later process that this lease is over.
  value_of<lease_renewal>([&](auto done) {
    database.renew(node, {std::chrono::hours(1), {}, false}, std::move(done));
  });
  const auto won = value_of<std::vector<claimed_shard>>([&](auto done) {
    database.claim(node, {{room->shard, "", {}, {}}}, std::move(done));
  });
  if (!won.at(0).is_won) std::exit(1);
  auto n = won[0].n;
  position head;
  for (std::uint64_t s = 1;; ++s) {
    const attempt own{n.value + 1};
    append_batch batch{node.incarnation,
                       {{{room->shard, won[0].term, n, own}, {{room, head, {numbered(won[0].term, s)}, {digest{}}}}}}};
    const auto outcome = value_of<append_outcome>([&](auto done) { database.append(batch, std::move(done)); });
    if (outcome.verdicts.at(0) != shard_verdict::committed) std::exit(1);
    n = own;
    head = {won[0].term, seq{s}};
    std::printf("%llu\n", static_cast<unsigned long long>(s));
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  contract::silent_log log;
  sqlite_options options;
  options.path = argv[1];
  options.checked = true;
  auto opened = sqlite_database::open(options, log);
  if (!opened) return 1;
  write_for_ever(**opened, {"child", "incarnation-of-child"});
}
