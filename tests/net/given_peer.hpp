#pragma once

#include "net/peer/peer_codec.hpp"

#include <memory>
#include <string>

/// What nodes say to each other in tests.
namespace parley::given {

inline peer::publish publish(std::uint64_t request, std::string text = "hello") {
  auto what = std::make_shared<draft>();
  what->sender = "ana";
  what->client_msg_id = "m-" + std::to_string(request);
  what->body.text = std::move(text);
  what->reply_to = seq{3};
  for (std::size_t n = 0; n < what->digest.size(); ++n) what->digest[n] = static_cast<std::uint8_t>(250 + n);
  return {request, shard_id{7}, term{41}, "default", "general", std::move(what), session_id{9}, 2};
}

inline peer::published published(std::uint64_t request) {
  return {request, {term{41}, seq{request + 1}}, unix_time{milliseconds{1'764'000'000'000}}, false};
}

inline std::uint64_t request_of(const peer::item& one) {
  return std::visit(
      [](const auto& what) -> std::uint64_t {
        if constexpr (requires { what.request; })
          return what.request;
        else
          return 0;
      },
      one);
}

}  // namespace parley::given
