#pragma once

#include "actors/core/time.hpp"
#include "net/http/http_head.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace parley::net {

/// What a request under `/dev/` is for, where a development node answers it (docs/operations.md).
namespace fault_ask {
struct preflight {};
struct status {};
struct history_delay {
  milliseconds delay;
};
struct fan_out {
  bool is_running;
};
struct owner {
  std::string room;
};
struct kill {};
}  // namespace fault_ask

using fault_wish = std::variant<fault_ask::preflight, fault_ask::status, fault_ask::history_delay, fault_ask::fan_out,
                                fault_ask::owner, fault_ask::kill>;

/// Who may ask, and for what. From this machine alone: a loopback peer, a loopback Host (another name may be a page's
/// that had it resolved to 127.0.0.1), a loopback Origin or none, through no proxy; and with a header that no foreign
/// page can send unasked. Sans-I/O.
/// @returns the refusal otherwise: 403, 404, 405 with `Allow`, or 400
std::variant<fault_wish, http_answer> read_fault_request(const http_request_head& head, std::string_view body,
                                                         bool is_loopback_peer);

/// Lets a page of a loopback origin read the answer (the Fetch standard's CORS protocol); no other one.
void let_page_read(http_answer& answer, const http_request_head& head);

}  // namespace parley::net
