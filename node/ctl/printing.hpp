#pragma once

#include "node/ctl/node_views.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace parley::ctl {

void print(const boost::json::object& document);
void print(const std::string& text);
/// To standard error, for people.
void warn(const std::vector<std::string>& warnings);

/// An incarnation's first part: enough to tell two lives apart.
std::string shortened(const std::string& incarnation);
/// The owner's name, or what is known of it.
std::string shown_owner(const owned_row& shard);
/// "3 shards"
std::string counted(std::size_t count, const char* what);
/// The names of those who take shards, for messages; "none".
std::string takers_among(const std::vector<node_view>& nodes);

}  // namespace parley::ctl
