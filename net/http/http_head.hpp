#pragma once

#include "net/http/http_answer.hpp"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>

#include <optional>
#include <string_view>
#include <variant>

namespace parley::net {

using http_request_head = boost::beast::http::request<boost::beast::http::empty_body>;

/// The head of a request, from its first byte to the empty line, by RFC 9112 and stricter: no folded header, no control
/// character, no bare CR or LF, exactly one Host (HTTP/1.1), at most one Content-Length, and not beside
/// Transfer-Encoding: what proxies and servers understand differently is refused, and so is a header twice that says
/// who asks, for what or from where. Sans-I/O.
/// @returns the answer, 400, for what is none
std::variant<http_request_head, http_answer> parse_head(std::string_view bytes);

/// Where the head ends: past its empty line. Nothing while it has not ended.
std::optional<std::size_t> head_length(std::string_view bytes);

/// The body's framing: a length, or chunks.
struct body_framing {
  std::uint64_t length = 0;
  bool is_chunked = false;
};
/// @returns nothing for a transfer coding other than `chunked`
std::optional<body_framing> body_of(const http_request_head& head);

}  // namespace parley::net
