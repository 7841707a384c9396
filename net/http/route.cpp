#include "net/http/route.hpp"

#include "net/codec/position_text.hpp"
#include "net/codec/request_rules.hpp"
#include "net/http/target.hpp"
#include "net/validation.hpp"

#include <array>
#include <limits>
#include <optional>

namespace parley::net {
namespace {

namespace http = boost::beast::http;
using routed = std::variant<http_wish, http_answer>;

constexpr std::uint64_t uint32_max = std::numeric_limits<std::uint32_t>::max();

http_answer refused(std::string_view why) { return problem(refusal{refusal_code::bad_request, std::string(why), {}}); }

bool is_read(const http_request_head& head) {
  return head.method() == http::verb::get || head.method() == http::verb::head;
}

/// Reads a number of the query; absent and empty are 0.
bool read(const http_target& target, std::string_view name, std::uint64_t max, std::uint64_t& out) {
  const auto text = target.parameter(name);
  if (text.empty()) return true;
  const auto number = parse_whole_number(text, max);
  if (number) out = *number;
  return number.has_value();
}

routed history(const http_target& target, std::string room, bool messages, const limits& bounds) {
  history_wish wish;
  wish.room = std::move(room);
  wish.messages = messages;
  if (!read(target, "before", json_integer_max, wish.before) || !read(target, "after", json_integer_max, wish.after) ||
      !read(target, "around", json_integer_max, wish.around) || !read(target, "limit", uint32_max, wish.limit))
    return refused("`before`, `after`, `around` and `limit` are whole numbers");
  auto checked = check(std::move(wish), bounds);
  if (auto* query = std::get_if<request::history>(&checked)) return http_wish{ask::history{std::move(*query)}};
  return problem(std::get<request::refused>(checked).why);
}

routed stream(const http_request_head& head, const http_target& target, std::string room, const limits& bounds) {
  join_wish wish;
  wish.room = std::move(room);
  const std::string_view last = head["Last-Event-ID"];
  if (!last.empty()) {
    const auto at = parse_position(last);
    if (!at) return refused("`Last-Event-ID` is `term:seq`, as an event's `id` said it");
    wish.has_since = true;
    wish.since_term = at->term.value;
    wish.since_seq = at->seq.value;
  } else {
    wish.has_rewind = true;
    if (!read(target, "rewind", uint32_max, wish.rewind_limit)) return refused("`rewind` is a whole number");
  }
  auto checked = check(std::move(wish), bounds);
  if (auto* join = std::get_if<request::join>(&checked))
    return http_wish{ask::stream{std::move(join->room), join->options}};
  return problem(std::get<request::refused>(checked).why);
}

routed room_route(const http_request_head& head, http_target target, const limits& bounds) {
  std::string room = std::move(target.segments[2]);
  const std::string& what = target.segments[3];
  if (what != "messages" && what != "events" && what != "stream") return not_found();
  if (!is_id(room)) return refused("a room is 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ + -");
  if (what == "messages" && head.method() == http::verb::post) return http_wish{ask::publish{std::move(room)}};
  if (what == "messages" && !is_read(head)) return wrong_method("GET, HEAD, POST");
  if (what == "stream") {
    if (head.method() != http::verb::get) return wrong_method("GET");
    return stream(head, target, std::move(room), bounds);
  }
  if (!is_read(head)) return wrong_method("GET, HEAD");
  return history(target, std::move(room), what == "messages", bounds);
}

std::optional<http_wish> plain_route(const http_target& target) {
  if (target.path == "/healthz") return ask::health{};
  if (target.path == "/readyz") return ask::readiness{};
  if (target.path == "/metrics") return ask::metrics{};
  if (target.path == "/version") return ask::version{};
  if (target.path == "/") return ask::file{"index.html"};
  if (target.segments.size() == 2 && target.segments[0] == "page") return ask::file{target.segments[1]};
  return std::nullopt;
}

}  // namespace

http_answer not_found() { return problem(refusal{refusal_code::not_found, "there is nothing at this path", {}}); }

std::variant<http_wish, http_answer> route(const http_request_head& head, const limits& bounds) {
  // Its own rules say what is wrong with it; its query is ignored, whatever it is.
  const std::string_view spelled(head.target().data(), head.target().size());
  if (spelled.substr(0, spelled.find('?')) == "/v1/ws") return http_wish{ask::websocket{}};
  auto target = parse_target(head.target());
  if (!target) return refused("the target is no path");
  if (target->path == "/v1/ws") return http_wish{ask::websocket{}};
  const auto& segments = target->segments;
  if (segments.size() == 4 && segments[0] == "v1" && segments[1] == "rooms")
    return room_route(head, std::move(*target), bounds);
  if (segments.size() > 1 && segments[0] == "dev") return http_wish{ask::development{}};
  auto plain = plain_route(*target);
  if (!plain) return not_found();
  if (!is_read(head)) return wrong_method("GET, HEAD");
  return std::move(*plain);
}

}  // namespace parley::net
