#include "net/http/static_page.hpp"

#include "net/http/page_files.hpp"

#include <algorithm>

namespace parley::net {
namespace {

// Sockets to any node, because the page moves on when its own is gone. HTTP to this one, and to the nodes of a cluster
// on the visitor's own machine, whose development mode is asked for faults.
constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self' ws: wss: http://127.0.0.1:* http://localhost:*; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string_view type_of(std::string_view path) {
  if (path.ends_with(".html")) return "text/html; charset=utf-8";
  if (path.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (path.ends_with(".css")) return "text/css; charset=utf-8";
  if (path.ends_with(".svg")) return "image/svg+xml";
  return "application/octet-stream";
}

}  // namespace

http_answer page_answer(std::string_view path, std::string_view if_none_match) {
  const auto files = page_files();
  const auto file = std::ranges::find(files, path, &page_file::path);
  if (file == files.end()) return problem(refusal{refusal_code::not_found, "the page has no such file", {}});
  http_answer answer{200, type_of(path), {}, {}};
  answer.headers.emplace_back("ETag", std::string(file->etag));
  answer.headers.emplace_back("Cache-Control", "no-cache");  // kept, but asked for: a new node shows its own page
  answer.headers.emplace_back("Content-Security-Policy", std::string(policy));
  answer.headers.emplace_back("Referrer-Policy", "no-referrer");
  if (if_none_match.find(file->etag) != std::string_view::npos)
    answer.status = 304;
  else
    answer.body = file->bytes;
  return answer;
}

}  // namespace parley::net
