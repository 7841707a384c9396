#pragma once

#include "actors/core/event.hpp"
#include "actors/core/replies.hpp"

#include <string_view>

/// The protocol's lower-case names of enum values.
namespace parley::net {

inline std::string_view word_of(event_kind kind) {
  switch (kind) {
    case event_kind::message_created: return "message.created";
    case event_kind::message_updated: return "message.updated";
    case event_kind::message_deleted: return "message.deleted";
    case event_kind::member_joined: return "member.joined";
    case event_kind::member_left: return "member.left";
    case event_kind::room_updated: return "room.updated";
    case event_kind::room_deleted: return "room.deleted";
  }
  return "unspecified";
}

inline std::string_view word_of(push::phase phase) { return phase == push::phase::live ? "live" : "history"; }

inline std::string_view word_of(push::gap_reason reason) {
  switch (reason) {
    case push::gap_reason::retention: return "retention";
    case push::gap_reason::jump: return "jump";
    case push::gap_reason::reset: return "reset";
  }
  return "reset";
}

}  // namespace parley::net
