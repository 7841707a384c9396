#pragma once

#include "tests/contract/store.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

/// The words that the contract's sentences are written in.
namespace parley::contract {

inline constexpr std::chrono::seconds patience{30};

/// Asks, and waits for the one answer.
template <class T, class Ask>
result<T> answer_of(Ask ask) {
  auto promised = std::make_shared<std::promise<result<T>>>();
  auto answer = promised->get_future();
  ask([promised](result<T> r) { promised->set_value(std::move(r)); });
  if (answer.wait_for(patience) != std::future_status::ready) FAIL("no answer in time");
  return answer.get();
}

/// The answer of a call that must work.
template <class T, class Ask>
T value_of(Ask ask) {
  auto answer = answer_of<T>(std::move(ask));
  if (!answer) FAIL("refused: " << answer.error());
  return std::move(*answer);
}

/// What storage said of a batch; a refusal fails the test.
inline append_outcome accepted(result<append_outcome> outcome) {
  if (!outcome) FAIL("refused: " << outcome.error());
  return std::move(*outcome);
}

/// Polls until the claim holds.
template <class Claim>
bool eventually(Claim claim) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!claim()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

room_ref room_named(std::string_view name, std::uint32_t shard);
node_identity node_named(std::string_view name);
digest digest_of(std::string_view text);

/// A message that `ana` says; tests change what they care about.
event said(std::uint64_t s, std::string_view text, std::string_view client_msg_id = {});

/// Copies, so that a failed comparison of pages compares what they hold.
std::vector<event> values(const event_list& events);
std::vector<std::uint64_t> seqs(const event_list& events);

/// An owner of shards as the shard writer would be: claims, counts `n`, builds batches.
class owner {
public:
  owner(store& where, std::string_view name, std::vector<std::uint32_t> shards);

  const node_identity& node() const { return node_; }
  parley::term term_of(std::uint32_t shard) const { return rows_.at(shard).term; }
  attempt n_of(std::uint32_t shard) const { return rows_.at(shard).n; }
  position at(std::uint32_t shard, std::uint64_t s) const { return {term_of(shard), seq{s}}; }
  /// The next fence; it counts as used only when `commit` saw it pass.
  shard_fence fence(std::uint32_t shard, std::uint64_t step = 1) const;
  void passed(const shard_fence& fence) { rows_.at(fence.shard.value).n = fence.own; }

  /// Events given this owner's term, after `before`.
  room_append append_of(const room_ref& room, position before, std::vector<event> events) const;
  append_batch batch_of(std::vector<room_append> rooms) const;  ///< of one shard or several
  result<append_outcome> send(append_batch batch);              ///< moves `n` on where the verdict is committed
  /// Must be committed. The events continue the room from `head` on.
  void say(const room_ref& room, std::vector<event> events);
  void trim(const room_ref& room, position floor);

private:
  struct row {
    parley::term term;
    attempt n;
  };
  store& store_;
  node_identity node_;
  std::map<std::uint32_t, row> rows_;
};

shard_row row_of(store& where, std::uint32_t shard);
std::vector<claimed_shard> claim(store& where, const node_identity& node, std::vector<shard_claim> claims);
room_head head_of(store& where, const room_ref& room);
shard_mark mark_of(store& where, std::uint32_t shard);
range_page range_of(store& where, const room_ref& room, std::uint64_t after, std::uint32_t limit = 1000);
history_page history_of(store& where, const room_ref& room, history_query::side side, std::uint64_t s = 0,
                        std::uint32_t limit = 50, bool messages = true);

}  // namespace parley::contract
