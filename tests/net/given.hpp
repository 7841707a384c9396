#pragma once

#include "actors/core/event.hpp"
#include "actors/core/replies.hpp"

#include <memory>
#include <string>

/// Small things that tests of the front begin with.
namespace parley::given {

inline room_ref room(std::string name) {
  auto made = std::make_shared<room_identity>();
  made->instance = "default";
  for (std::size_t n = 0; n < name.size() && n < made->key.bytes.size(); ++n)
    made->key.bytes[n] = static_cast<std::uint8_t>(name[n]);
  made->room = std::move(name);
  return made;
}

inline event_ptr message(std::uint64_t number, std::string text = "hello", std::uint64_t in_term = 7) {
  auto made = std::make_shared<event>();
  made->seq = seq{number};
  made->term = term{in_term};
  made->sender = "ana";
  made->at = unix_time{milliseconds{1'764'000'000'000 + static_cast<std::int64_t>(number)}};
  made->body.text = std::move(text);
  made->version = 1;
  return made;
}

inline event_list messages(std::uint64_t first, std::uint64_t last, std::string text = "hello") {
  event_list out;
  for (auto n = first; n <= last; ++n) out.push_back(message(n, text));
  return out;
}

inline position at(std::uint64_t number, std::uint64_t in_term = 7) { return {term{in_term}, seq{number}}; }

}  // namespace parley::given
