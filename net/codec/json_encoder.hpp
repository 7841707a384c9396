#pragma once

#include "actors/core/replies.hpp"
#include "net/codec/greeting.hpp"

#include <string>
#include <string_view>

/// Server messages as JSON, appended to `out` in one pass.
namespace parley::net {

using server_body = decltype(server_message::body);

/// The envelope: an object with `id` (unless 0) and the body under its name.
void append_json(std::string& out, const server_message& message, const greeting& own);
/// Only the body's object; `name_of` says what it is called.
void append_json_body(std::string& out, const server_body& body, const greeting& own);
std::string_view name_of(const server_body& body);

void append_json(std::string& out, const event& one);
void append_json(std::string& out, const push::batch& batch);

}  // namespace parley::net
