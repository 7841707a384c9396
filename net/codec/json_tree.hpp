#pragma once

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace parley::net {

/// How deep an envelope may nest, itself included; the body of an operation is one less.
inline constexpr std::size_t envelope_depth_max = 16;

/// One frame's JSON, parsed by protocol.md's rules: envelopes at most 16 deep (an array of them adds one), of repeated
/// names the last counts, and no number beyond double. Small frames are parsed without an allocation.
class json_tree {
public:
  json_tree() : memory_(first_, sizeof first_) {}
  json_tree(const json_tree&) = delete;
  json_tree& operator=(const json_tree&) = delete;

  /// @returns null for what does not parse, or is no object or array
  const boost::json::value* parse(std::string_view text, std::size_t depth_max = envelope_depth_max);

private:
  unsigned char first_[4096];
  boost::json::monotonic_resource memory_;
  std::optional<boost::json::value> root_;
};

}  // namespace parley::net
