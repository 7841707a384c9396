#pragma once

#include "actors/core/event.hpp"
#include "net/shared_encoding.hpp"

#include <memory>
#include <string>
#include <utility>

namespace parley::net {

/// A quiet room's head, shared by every session and thread of this node that is told of it.
class head_frame {
public:
  head_frame(room_ref room, position at) : room_(std::move(room)), at_(at) {}

  const room_ref& room() const { return room_; }
  position at() const { return at_; }
  /// Thread-safe. The bytes live as long as the frame.
  const std::string& bytes(wire_form form) const {
    return encoding_.bytes(form, [this] { return push::head{room_->room, at_}; });
  }

private:
  room_ref room_;
  position at_;
  shared_encoding encoding_;
};
using head_frame_ptr = std::shared_ptr<const head_frame>;

}  // namespace parley::net
