#include "net/http/http_head.hpp"

#include "net/codec/position_text.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>

#include <limits>

namespace parley::net {
namespace {

namespace http = boost::beast::http;

/// Every line ends with CRLF, none begins with a blank (a folded header), none holds a control character.
bool has_clean_lines(std::string_view bytes) {
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const auto c = static_cast<unsigned char>(bytes[n]);
    if (c == '\r') {
      if (n + 1 >= bytes.size() || bytes[n + 1] != '\n') return false;
      continue;
    }
    if (c == '\n') {
      if (n == 0 || bytes[n - 1] != '\r') return false;
      if (n + 1 < bytes.size() && (bytes[n + 1] == ' ' || bytes[n + 1] == '\t')) return false;
      continue;
    }
    if ((c < 0x20 && c != '\t') || c == 0x7F) return false;
  }
  return true;
}

/// Headers that say who asks, for what, or from where: one that stands there twice could mean either.
constexpr std::string_view said_once[]{"Authorization", "Parley-User", "Idempotency-Key", "Last-Event-ID", "Origin"};

http_answer refused(std::string_view why) { return problem(refusal{refusal_code::bad_request, std::string(why), {}}); }

}  // namespace

std::optional<std::size_t> head_length(std::string_view bytes) {
  const auto end = bytes.find("\r\n\r\n");
  return end == std::string_view::npos ? std::nullopt : std::optional(end + 4);
}

std::variant<http_request_head, http_answer> parse_head(std::string_view bytes) {
  if (!has_clean_lines(bytes)) return refused("the head of the request is not well-formed");
  http::request_parser<http::empty_body> parser;
  parser.eager(false);
  parser.header_limit(std::numeric_limits<std::uint32_t>::max());  // the reader has its own
  parser.body_limit(boost::none);
  boost::system::error_code failed;
  parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), failed);
  if ((failed && failed != http::error::need_more) || !parser.is_header_done())
    return refused("the request is not well-formed HTTP");
  http_request_head head = parser.release();
  const auto hosts = head.count(http::field::host);
  if (hosts > 1 || (head.version() >= 11 && hosts == 0)) return refused("a request has exactly one Host");
  const auto lengths = head.count(http::field::content_length);
  if (lengths > 1 || (lengths == 1 && head.count(http::field::transfer_encoding) > 0))
    return refused("a request has at most one Content-Length, and none beside Transfer-Encoding");
  for (const auto name : said_once) {
    if (head.count(name) > 1) return refused("a request has at most one " + std::string(name));
  }
  return head;
}

std::optional<body_framing> body_of(const http_request_head& head) {
  if (const auto found = head.find(http::field::transfer_encoding); found != head.end()) {
    if (head.count(http::field::transfer_encoding) > 1 || !boost::beast::iequals(found->value(), "chunked"))
      return std::nullopt;
    return body_framing{0, true};
  }
  const auto found = head.find(http::field::content_length);
  if (found == head.end()) return body_framing{};
  const auto length = parse_whole_number(found->value(), std::numeric_limits<std::uint64_t>::max());
  return length ? std::optional(body_framing{*length, false}) : std::nullopt;
}

}  // namespace parley::net
