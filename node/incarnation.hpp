#pragma once

#include <string>

namespace parley {

/// A random UUID (RFC 4122, version 4): this life of a node, never used again.
std::string random_incarnation();

}  // namespace parley
