#include "net/http/fault_rules.hpp"

#include "net/codec/json_fields.hpp"
#include "net/codec/json_tree.hpp"
#include "net/http/route.hpp"
#include "net/http/target.hpp"
#include "net/http/upgrade_rules.hpp"
#include "net/validation.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <utility>

namespace parley::net {
namespace {

namespace http = boost::beast::http;
using verdict = std::variant<fault_wish, http_answer>;

constexpr std::uint64_t delay_ms_max = 10'000;
constexpr std::string_view header_name = "Parley-Development";

http_answer refused(refusal_code code, std::string why) { return problem(refusal{code, std::move(why), {}}); }
http_answer not_allowed(std::string why) { return refused(refusal_code::forbidden, std::move(why)); }
http_answer wrong_body(std::string why) { return refused(refusal_code::bad_request, std::move(why)); }

bool is_loopback_origin(std::string_view origin) { return origin_policy{{}, true}.allows(origin); }

std::optional<http_answer> stranger(const http_request_head& head, bool is_loopback_peer) {
  const bool is_relayed = head.count("Forwarded") > 0 || head.count("X-Forwarded-For") > 0;
  if (!is_loopback_peer || is_relayed) return not_allowed("faults are for this machine only");
  if (!is_loopback_origin("http://" + std::string(head[http::field::host])))
    return not_allowed("ask for a loopback address, such as 127.0.0.1");
  const auto [first, last] = head.equal_range(http::field::origin);
  for (auto origin = first; origin != last; ++origin)
    if (!is_loopback_origin(origin->value())) return not_allowed("this origin may not ask for faults");
  return std::nullopt;
}

const boost::json::value* member_of(json_tree& tree, std::string_view body, std::string_view name) {
  const auto* root = tree.parse(body);
  const auto* object = root == nullptr ? nullptr : root->if_object();
  return object == nullptr ? nullptr : object->if_contains(name);
}

verdict history_delay(std::string_view body) {
  json_tree tree;
  std::uint64_t ms = 0;
  const auto* given = member_of(tree, body, "ms");
  if (given == nullptr || !read_whole_number(*given, delay_ms_max, ms))
    return wrong_body(R"(say {"ms":N}, a whole number from 0 to 10000)");
  return fault_wish{fault_ask::history_delay{milliseconds{ms}}};
}

verdict fan_out(std::string_view body) {
  json_tree tree;
  const auto* given = member_of(tree, body, "state");
  const auto* text = given == nullptr ? nullptr : given->if_string();
  if (text == nullptr || (*text != "running" && *text != "stopped"))
    return wrong_body(R"(say {"state":"stopped"} or {"state":"running"})");
  return fault_wish{fault_ask::fan_out{*text == "running"}};
}

verdict owner(http_target target) {
  auto& room = target.segments[2];
  if (!is_id(room)) return wrong_body("a room is 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ + -");
  return fault_wish{fault_ask::owner{std::move(room)}};
}

/// Which path, and the one method that it knows.
struct fault_path {
  http::verb method;
  std::string_view allowed;
};
std::optional<fault_path> path_of(const http_target& target) {
  if (target.path == "/dev/faults") return fault_path{http::verb::get, "GET, OPTIONS"};
  if (target.path == "/dev/faults/history_delay" || target.path == "/dev/faults/fan_out")
    return fault_path{http::verb::put, "PUT, OPTIONS"};
  if (target.path == "/dev/faults/kill") return fault_path{http::verb::post, "POST, OPTIONS"};
  const auto& s = target.segments;
  if (s.size() == 4 && s[1] == "rooms" && s[3] == "owner") return fault_path{http::verb::get, "GET, OPTIONS"};
  return std::nullopt;
}

}  // namespace

verdict read_fault_request(const http_request_head& head, std::string_view body, bool is_loopback_peer) {
  if (auto why = stranger(head, is_loopback_peer)) return std::move(*why);
  if (head.method() == http::verb::options) return fault_wish{fault_ask::preflight{}};  // carries no header yet
  if (head[header_name] != "faults") return not_allowed("send the header `Parley-Development: faults`");
  auto target = parse_target(head.target());
  const auto path = target ? path_of(*target) : std::nullopt;
  if (!path) return not_found();
  if (head.method() != path->method) {
    auto answer = refused(refusal_code::method_not_allowed, "this path does not know that method");
    answer.headers.emplace_back("Allow", std::string(path->allowed));
    return answer;
  }
  if (target->path == "/dev/faults") return fault_wish{fault_ask::status{}};
  if (target->path == "/dev/faults/history_delay") return history_delay(body);
  if (target->path == "/dev/faults/fan_out") return fan_out(body);
  if (target->path == "/dev/faults/kill") return fault_wish{fault_ask::kill{}};
  return owner(std::move(*target));
}

void let_page_read(http_answer& answer, const http_request_head& head) {
  const std::string_view origin = head[http::field::origin];
  if (!is_loopback_origin(origin)) return;
  answer.headers.emplace_back("Access-Control-Allow-Origin", std::string(origin));
  answer.headers.emplace_back("Vary", "Origin");
  if (head.method() != http::verb::options) return;
  answer.headers.emplace_back("Access-Control-Allow-Methods", "GET, PUT, POST");
  answer.headers.emplace_back("Access-Control-Allow-Headers", "Content-Type, Parley-Development");
  answer.headers.emplace_back("Access-Control-Max-Age", "600");
}

}  // namespace parley::net
