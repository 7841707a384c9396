#pragma once

#include "net/codec/incoming.hpp"
#include "net/http/http_head.hpp"
#include "net/limits.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace parley::net {

/// What a request is for.
namespace ask {
struct websocket {};
struct health {};
struct readiness {};
struct metrics {};
struct version {};
struct file {
  std::string path;  ///< of the page, `index.html` for `/`
};
struct publish {
  std::string room;
};
struct history {
  request::history query;
};
struct stream {
  std::string room;
  request::join_options options;
};
/// Anything under `/dev/`: its own rules say what, where there is anything (fault_rules.hpp).
struct development {};
}  // namespace ask

using http_wish = std::variant<ask::websocket, ask::health, ask::readiness, ask::metrics, ask::version, ask::file,
                               ask::publish, ask::history, ask::stream, ask::development>;

/// From a request's head to what it is for, with everything checked that its path, query and headers say. Sans-I/O.
/// @returns the refusal otherwise: 404, 405 with `Allow`, or 400
std::variant<http_wish, http_answer> route(const http_request_head& head, const limits& bounds);
/// The 404 of a path that leads nowhere.
http_answer not_found();

}  // namespace parley::net
