#include "actors/core/write_order.hpp"

#include <algorithm>

namespace parley {
namespace {

/// More than a client has under way that waits for its answers, and for a stream of a thousand a second about a second.
constexpr std::size_t in_spite_max = 1024;

bool breaks_order(const server_message& answer) {
  const auto* failed = std::get_if<reply::failed>(&answer.body);
  return failed != nullptr && breaks_order(failed->why.code);
}

}  // namespace

write_order::place write_order::sent(const std::string& room) {
  auto& writes = rooms_.try_emplace(room, room_writes{round_}).first->second;
  if (writes.has_failed && ++writes.in_spite > in_spite_max) {
    writes.round = round_;
    writes.has_failed = false;
    writes.in_spite = 0;
  }
  writes.waiting.push_back({++last_number_, writes.round, std::nullopt});
  ++waiting_;
  return {last_number_, writes.round};
}

std::vector<server_message> write_order::answered(const std::string& room, std::uint64_t number,
                                                  server_message answer) {
  std::vector<server_message> ready;
  auto found = rooms_.find(room);
  if (found == rooms_.end()) return ready;
  auto& room_of_it = found->second;
  auto& writes = room_of_it.waiting;
  auto mine = std::ranges::find(writes, number, &waiting_write::number);
  if (mine == writes.end() || mine->answer) return ready;  // a second answer to one write says nothing
  mine->answer = std::move(answer);
  auto first = writes.begin();
  for (; first != writes.end() && first->answer; ++first) {
    if (breaks_order(*first->answer)) {
      round_ = std::max(round_, first->round + 1);
      room_of_it.has_failed = room_of_it.has_failed || first->round == room_of_it.round;
    }
    ready.push_back(std::move(*first->answer));
    --waiting_;
  }
  writes.erase(writes.begin(), first);
  if (writes.empty()) rooms_.erase(found);
  return ready;
}

}  // namespace parley
