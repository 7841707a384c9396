#pragma once

#include "actors/core/replies.hpp"
#include "net/codec/greeting.hpp"

#include <string>

namespace parley::net {

/// Appends a `Frame` with one envelope. Frames behind one another are one frame with all their envelopes.
void append_proto(std::string& out, const server_message& message, const greeting& own);

}  // namespace parley::net
