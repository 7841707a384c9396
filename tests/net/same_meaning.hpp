#pragma once

#include <google/protobuf/message.h>
#include <boost/json/object.hpp>

#include <string>

namespace parley::net {

/// Walks a JSON object and a Protobuf message side by side, by the schema's reflection and by no code of the node.
/// @returns the first difference, empty if they say the same
std::string difference(const boost::json::object& json, const google::protobuf::Message& message);

}  // namespace parley::net
