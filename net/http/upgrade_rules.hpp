#pragma once

#include "net/codec/incoming.hpp"
#include "net/http/http_head.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace parley::net {

/// Who may open a WebSocket from a browser.
struct origin_policy {
  std::vector<std::string> origins;  ///< exact
  bool allows_loopback = false;

  bool allows(std::string_view origin) const;
};

struct chosen_subprotocol {
  encoding spoken = encoding::json;
  std::string echo;  ///< empty: nothing was offered, say nothing
};

/// The rules of docs/protocol.md, "Connection", and of RFC 6455 §4.2.1 for `GET /v1/ws`. Sans-I/O.
/// @returns the refusal: 403 for a foreign origin, 426 for another version, 400 otherwise
std::variant<chosen_subprotocol, http_answer> check_upgrade(const http_request_head& head, const origin_policy& policy);
/// @returns nothing if every one offered is unknown
std::optional<chosen_subprotocol> choose_subprotocol(const http_request_head& head);

}  // namespace parley::net
