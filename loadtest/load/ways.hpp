#pragma once

#include "loadtest/load/connection.hpp"

#include <cstddef>
#include <utility>
#include <vector>

namespace parley::load {

/// Where connections come from and go: targets and sources in turn.
class ways {
public:
  ways() = default;
  /// @param targets without sources
  ways(std::vector<route> targets, std::vector<boost::asio::ip::address> sources)
      : targets_(std::move(targets)), sources_(std::move(sources)) {}

  const std::vector<route>& targets() const { return targets_; }
  const std::vector<boost::asio::ip::address>& sources() const { return sources_; }
  bool empty() const { return targets_.empty(); }

  /// The way of the next connection.
  route next() {
    auto way = targets_[turn_ % targets_.size()];
    // Sources change once all targets have had their turn: otherwise two of each would only ever meet in pairs.
    if (!sources_.empty()) way.source = sources_[turn_ / targets_.size() % sources_.size()];
    ++turn_;
    return way;
  }

private:
  std::vector<route> targets_;
  std::vector<boost::asio::ip::address> sources_;
  std::size_t turn_ = 0;
};

}  // namespace parley::load
