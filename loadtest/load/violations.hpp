#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace parley::load {

/// A rule of docs/testing.md that something broke, and what was seen. Empty: nothing did.
struct broken {
  const char* rule = nullptr;
  std::string saw;

  explicit operator bool() const { return rule != nullptr; }
};

/// Which client saw what.
struct violation {
  std::string client, room, rule, saw;
};

/// All of a run: every one is counted, the first ones are kept. After one, the run has no result worth reading.
class violations {
public:
  static constexpr std::size_t kept_max = 100;

  void add(violation one) {
    ++count_;
    if (first_.size() < kept_max) first_.push_back(std::move(one));
  }
  std::uint64_t count() const { return count_; }
  const std::vector<violation>& first() const { return first_; }

private:
  std::uint64_t count_ = 0;
  std::vector<violation> first_;
};

}  // namespace parley::load
