#pragma once

#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace parley::net {

/// A JSON text (RFC 8259) as a tree. Integers that fit into 64 bits stay integers; every other number is the double
/// next to it, as Protobuf has it, where Boost.JSON 1.81's own parser may be one unit off. Of repeated names the last
/// counts.
/// @returns nothing for what does not parse, nests deeper, or holds a number beyond double
std::optional<boost::json::value> read_json(std::string_view text, std::size_t depth_max,
                                            boost::json::storage_ptr memory = {});

}  // namespace parley::net
