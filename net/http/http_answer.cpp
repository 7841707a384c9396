#include "net/http/http_answer.hpp"

#include "net/codec/json_object.hpp"
#include "net/error_table.hpp"

#include <algorithm>

namespace parley::net {
namespace {

void append_problem(json_object& object, unsigned status, std::string_view detail) {
  object.member("type", "about:blank");
  object.member("title", reason_of(status));
  object.member("status", status);
  object.member("detail", detail);
}

}  // namespace

std::string_view reason_of(unsigned status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
  }
  return "Unknown";
}

http_answer problem(const refusal& why) {
  const error_row& row = row_of(why.code);
  http_answer answer{row.http_status, "application/problem+json", {}, {}};
  {
    json_object object(answer.body);
    append_problem(object, row.http_status, why.message);
    object.member("code", static_cast<unsigned>(row.code));
    object.member("name", row.name);
    object.member("retryable", row.retryable);
    if (why.retry_after) object.member("retry_after_ms", why.retry_after->count());
  }
  if (why.retry_after) {
    const auto seconds_up = (std::max<milliseconds::rep>(why.retry_after->count(), 1) + 999) / 1000;
    answer.headers.emplace_back("Retry-After", std::to_string(seconds_up));
  }
  return answer;
}

http_answer problem(unsigned status, std::string_view detail) {
  http_answer answer{status, "application/problem+json", {}, {}};
  json_object object(answer.body);
  append_problem(object, status, detail);
  const error_row& row = row_of(refusal_code::bad_request);
  object.member("code", static_cast<unsigned>(row.code));
  object.member("name", row.name);
  object.member("retryable", row.retryable);
  return answer;
}

http_answer wrong_method(std::string_view allowed) {
  auto answer = problem(refusal{refusal_code::method_not_allowed, "this path does not know that method", {}});
  answer.headers.emplace_back("Allow", std::string(allowed));
  return answer;
}

http_answer json_answer(unsigned status, std::string body) { return {status, "application/json", std::move(body), {}}; }

std::string to_bytes(const http_answer& answer, http_framing framing) {
  std::string out = framing.is_http_1_0 ? "HTTP/1.0 " : "HTTP/1.1 ";
  out += std::to_string(answer.status);
  out += ' ';
  out += reason_of(answer.status);
  const auto header = [&](std::string_view name, std::string_view value) {
    out.append("\r\n").append(name).append(": ").append(value);
  };
  header("Server", "parley");
  header("X-Content-Type-Options", "nosniff");
  if (!answer.content_type.empty()) header("Content-Type", answer.content_type);
  const auto has = [&](std::string_view name) {
    return std::ranges::any_of(answer.headers, [&](const auto& h) { return h.first == name; });
  };
  if (!has("Cache-Control")) header("Cache-Control", "no-store");
  for (const auto& [name, value] : answer.headers) header(name, value);
  if (answer.status != 304) header("Content-Length", std::to_string(answer.body.size()));
  header("Connection", framing.keeps_alive ? "keep-alive" : "close");
  out += "\r\n\r\n";
  if (!framing.is_head && answer.status != 304) out += answer.body;
  return out;
}

}  // namespace parley::net
