#include "tests/checker/follower.hpp"

#include <memory>
#include <type_traits>
#include <vector>

namespace parley::checker {

namespace {

/// Who was told to have joined follows its pushes; all at once, since a history is walked through once.
std::vector<std::unique_ptr<follower>> followers_of(const indexed& all, contents& known, findings& out) {
  std::vector<std::unique_ptr<follower>> result(all.streams.size());
  for (std::size_t id = 1; id < result.size(); ++id) {
    const auto& stream = all.streams[id];
    if (!stream.joined || !all.rooms[at(stream.asked->room)].stored) continue;
    result[id] = std::make_unique<follower>(all, known, stream, out);
    result[id]->begin();
  }
  return result;
}

}  // namespace

void check_streams(const indexed& all, contents& known, findings& out) {
  auto followers = followers_of(all, known, out);
  const auto records = all.history.records();
  for (std::uint32_t place = 0; place < records.size(); ++place)
    std::visit(
        [&](const auto& what) {
          using kind = std::decay_t<decltype(what)>;
          if constexpr (std::is_same_v<kind, batch_pushed> || std::is_same_v<kind, live_pushed> ||
                        std::is_same_v<kind, catching_up_pushed> || std::is_same_v<kind, gap_pushed>)
            if (const auto& one = followers[at(what.stream)]) one->take(what, place);
        },
        records[place].what);
  for (std::size_t id = 1; id < followers.size(); ++id)
    if (followers[id] && all.streams[id].settled_at != nowhere) followers[id]->settle();
  for (std::uint32_t id = 1; id < all.rooms.size(); ++id)
    for (const auto place : all.rooms[id].strays)
      out.add(3, room_id{id}, "a push that belongs to no stream", {{place, evidence::whole}});
}

}  // namespace parley::checker
