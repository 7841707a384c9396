#include "node/ctl/printing.hpp"

#include "node/ctl/table.hpp"

#include <boost/json/serialize.hpp>

#include <cstdio>

namespace parley::ctl {

void print(const boost::json::object& document) { print(boost::json::serialize(document) + '\n'); }

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);  // who pipes a command that waits wants to see how it goes
}

void warn(const std::vector<std::string>& warnings) {
  for (const auto& warning : warnings) std::fprintf(stderr, "warning: %s\n", shown(warning).c_str());
}

std::string shortened(const std::string& incarnation) { return incarnation.substr(0, incarnation.find('-')); }

std::string shown_owner(const owned_row& shard) {
  if (shard.incarnation.empty()) return "";
  const auto name = shard.owner.empty() ? shortened(shard.incarnation) : shard.owner;
  return shard.has_lease ? name : name + " (gone)";
}

std::string counted(std::size_t count, const char* what) {
  return std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
}

std::string takers_among(const std::vector<node_view>& nodes) {
  std::string names;
  for (const auto& node : nodes) {
    if (node.takes_shards()) names += (names.empty() ? "" : ", ") + node.name;
  }
  return names.empty() ? "none" : names;
}

}  // namespace parley::ctl
