#pragma once

#include "actors/core/refusal.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::net {

/// One HTTP response, before it is bytes.
struct http_answer {
  unsigned status = 200;
  std::string_view content_type;
  std::string body;
  std::vector<std::pair<std::string_view, std::string>> headers;  ///< beside those that `to_bytes` writes
};

/// An error as RFC 9457 has it, with protocol.md's code and name.
http_answer problem(const refusal& why);
/// What HTTP itself refuses, under a status of its own: a `bad_request` all the same.
http_answer problem(unsigned status, std::string_view detail);
/// @param allowed the methods that the path knows, as in `Allow`
http_answer wrong_method(std::string_view allowed);
http_answer json_answer(unsigned status, std::string body);

struct http_framing {
  bool is_http_1_0 = false;
  bool keeps_alive = true;
  bool is_head = false;  ///< no body, but its length
};
std::string to_bytes(const http_answer& answer, http_framing framing);
std::string_view reason_of(unsigned status);

}  // namespace parley::net
