#pragma once

#include <google/protobuf/struct.pb.h>
#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace parley::net {

/// The containers that metadata may nest, itself included: an envelope may nest 16, and metadata is its third.
inline constexpr int metadata_depth_max = 14;

enum class metadata_verdict : std::uint8_t {
  fine,
  refused,   ///< a NUL, or a number that JSON does not know: `bad_request`
  too_deep,  ///< close 4400, as for JSON that nests too deep
};

/// Metadata as one compact JSON object: members in their order, every number as a double's shortest form, so that both
/// encodings of the same value make the same text. `out` is replaced.
metadata_verdict write_metadata(const boost::json::object& from, std::string& out);
/// The same for Protobuf, members sorted by name: a Struct keeps no order.
metadata_verdict write_metadata(const google::protobuf::Struct& from, std::string& out);

/// What tells one metadata from another by value: members sorted, numbers as doubles, every string with its length.
/// Equal for texts that differ only in the order of members or the form of numbers. `compact` is one of our own texts.
std::string canonical_metadata(std::string_view compact);

/// A stored compact text as a Struct. An empty text leaves `out` alone.
void read_metadata(std::string_view compact, google::protobuf::Struct& out);

}  // namespace parley::net
