#include "net/front.hpp"
#include "net/session/live_sink.hpp"

#include <utility>

/// The front's live tables, as feeds see them: one crossing for each thread, then a plain loop.
namespace parley::net {

void front::open(thread_index thread, room_ref room, position position_there) {
  auto& there = at(thread);
  there.post([&there, room = std::move(room), position_there] { there.table().open(room->key, position_there); });
}

void front::deliver(std::span<const thread_index> threads, room_ref room, position before, event_list events) {
  if (events.empty()) return;
  const live_frame_ptr frame = std::make_shared<live_frame>(std::move(room), before, std::move(events));
  for (const thread_index thread : threads) {
    auto& there = at(thread);
    there.post([&there, frame] {
      live_sink sink{frame->room()};
      there.table().deliver(frame->room()->key, frame, sink);
    });
  }
}

void front::say_head(std::span<const thread_index> threads, room_ref room, position head) {
  const head_frame_ptr frame = std::make_shared<head_frame>(std::move(room), head);
  for (const thread_index thread : threads) {
    auto& there = at(thread);
    there.post([&there, frame] {
      there.table().at_head(frame->room()->key, frame->at(), [&](session* reader) { reader->say_head(frame); });
    });
  }
}

void front::reset(std::span<const thread_index> threads, room_ref room, position position_there) {
  for (const thread_index thread : threads) {
    auto& there = at(thread);
    there.post([&there, room, position_there] {
      live_sink sink{room};
      there.table().reset(room->key, position_there, sink);
    });
  }
}

void front::close(thread_index thread, room_ref room) {
  auto& there = at(thread);
  there.post([&there, room = std::move(room)] {
    live_sink sink{room};
    there.table().close(room->key, sink);
  });
}

}  // namespace parley::net
