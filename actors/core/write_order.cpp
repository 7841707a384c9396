#include "actors/core/write_order.hpp"

#include <algorithm>

namespace parley {
namespace {

bool breaks_order(const server_message& answer) {
  const auto* failed = std::get_if<reply::failed>(&answer.body);
  return failed != nullptr && (failed->why.code == refusal_code::unavailable ||
                               failed->why.code == refusal_code::outcome_unknown ||
                               failed->why.code == refusal_code::internal);
}

}  // namespace

write_order::place write_order::sent(const std::string& room) {
  rooms_[room].push_back({++last_number_, round_, std::nullopt});
  ++waiting_;
  return {last_number_, round_};
}

std::vector<server_message> write_order::answered(const std::string& room, std::uint64_t number,
                                                  server_message answer) {
  std::vector<server_message> ready;
  auto found = rooms_.find(room);
  if (found == rooms_.end()) return ready;
  auto& writes = found->second;
  auto mine = std::ranges::find(writes, number, &waiting_write::number);
  if (mine == writes.end() || mine->answer) return ready;  // a second answer to one write says nothing
  if (breaks_order(answer)) round_ = std::max(round_, mine->round + 1);
  mine->answer = std::move(answer);
  while (!writes.empty() && writes.front().answer) {
    ready.push_back(std::move(*writes.front().answer));
    writes.pop_front();
    --waiting_;
  }
  if (writes.empty()) rooms_.erase(found);
  return ready;
}

}  // namespace parley
