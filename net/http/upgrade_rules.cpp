#include "net/http/upgrade_rules.hpp"

#include "net/codec/position_text.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include <algorithm>
#include <array>

namespace parley::net {
namespace {

namespace http = boost::beast::http;

bool is_ipv4_loopback(std::string_view host) {
  if (!host.starts_with("127.")) return false;
  int numbers = 0;
  while (true) {
    const auto dot = host.find('.');
    if (!parse_whole_number(host.substr(0, dot), 255)) return false;
    ++numbers;
    if (dot == std::string_view::npos) return numbers == 4;
    host.remove_prefix(dot + 1);
  }
}

/// `scheme://host` or `scheme://host:port`, http or https, the host a loopback one by its own name.
bool is_loopback_origin(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!origin.starts_with(scheme)) continue;
    std::string_view host = origin.substr(scheme.size());
    std::string_view port;
    const bool is_ipv6 = host.starts_with('[');
    const auto colon = is_ipv6 ? host.find(':', host.find(']')) : host.find(':');
    if (colon != std::string_view::npos) {
      port = host.substr(colon + 1);
      host = host.substr(0, colon);
      if (!parse_whole_number(port, 65535)) return false;
    }
    return host == "localhost" || host == "[::1]" || is_ipv4_loopback(host);
  }
  return false;
}

/// 16 bytes in base64: 22 digits and two equals signs.
bool is_key(std::string_view key) {
  if (key.size() != 24 || !key.ends_with("==")) return false;
  return std::ranges::all_of(key.substr(0, 22), [](char c) {
    return ('A' <= c && c <= 'Z') || ('a' <= c && c <= 'z') || ('0' <= c && c <= '9') || c == '+' || c == '/';
  });
}

http_answer refused(std::string_view why) { return problem(refusal{refusal_code::bad_request, std::string(why), {}}); }

http_answer wrong_version() {
  http_answer answer = problem(426, "the version of the WebSocket protocol is 13");
  answer.headers.emplace_back("Sec-WebSocket-Version", "13");
  answer.headers.emplace_back("Upgrade", "websocket");
  return answer;
}

}  // namespace

bool origin_policy::allows(std::string_view origin) const {
  return std::ranges::find(origins, origin) != origins.end() || (allows_loopback && is_loopback_origin(origin));
}

std::optional<chosen_subprotocol> choose_subprotocol(const http_request_head& head) {
  bool is_any = false;
  const auto [first, last] = head.equal_range(http::field::sec_websocket_protocol);
  for (auto line = first; line != last; ++line) {
    is_any = true;
    for (const auto& token : http::token_list(line->value())) {
      if (token == "parley.v1.json") return chosen_subprotocol{encoding::json, "parley.v1.json"};
      if (token == "parley.v1.proto") return chosen_subprotocol{encoding::proto, "parley.v1.proto"};
    }
  }
  return is_any ? std::nullopt : std::optional(chosen_subprotocol{});
}

std::variant<chosen_subprotocol, http_answer> check_upgrade(const http_request_head& head,
                                                            const origin_policy& policy) {
  if (head.method() != http::verb::get) return wrong_method("GET");
  if (head.version() < 11) return refused("a WebSocket opens with HTTP/1.1");
  const auto body = body_of(head);
  if (!body || body->is_chunked || body->length > 0) return refused("an upgrade has no body");
  if (!http::token_list(head[http::field::connection]).exists("upgrade") ||
      !http::token_list(head[http::field::upgrade]).exists("websocket"))
    return refused("this path speaks WebSocket: send `Connection: Upgrade` and `Upgrade: websocket`");
  if (head.count(http::field::sec_websocket_version) != 1 || head[http::field::sec_websocket_version] != "13")
    return wrong_version();
  if (head.count(http::field::sec_websocket_key) != 1 || !is_key(head[http::field::sec_websocket_key]))
    return refused("`Sec-WebSocket-Key` must be 16 bytes in base64");
  const auto [first, last] = head.equal_range(http::field::origin);
  for (auto origin = first; origin != last; ++origin)
    if (!policy.allows(origin->value()))
      return problem(refusal{refusal_code::forbidden, "this origin may not connect", {}});
  auto chosen = choose_subprotocol(head);
  if (!chosen) return refused("the subprotocols are `parley.v1.json` and `parley.v1.proto`");
  return std::move(*chosen);
}

}  // namespace parley::net
