#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::guard {

/// One hot path, and how to run it: the same each time, without a socket, a thread or a clock.
struct hot_path {
  std::string_view name;
  std::uint64_t operations;  ///< of one round
  std::uint64_t warm;        ///< rounds until its tables, rings and caches have their size
  std::uint64_t counted;     ///< rounds after that
  /// Makes what all its rounds need. @returns a round, which says whether it did its work
  std::function<std::function<bool()>()> make;
};

/// A path whose rounds are those of an object.
template <class Make>
std::function<std::function<bool()>()> rounds_of(Make make) {
  return [make] {
    auto rounds = std::make_shared<decltype(make())>(make());
    return [rounds] { return rounds->run(); };
  };
}

/// The compiler must not find out that nobody looks at the result.
template <class T>
void use(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

std::vector<hot_path> rule_paths();
std::vector<hot_path> codec_paths();
std::vector<hot_path> delivery_paths();

}  // namespace parley::guard
