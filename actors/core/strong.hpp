#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <ostream>

namespace parley {

/// A number that means one thing: two ids of different tags never mix, so that a swapped argument does not compile.
template <class Tag, class T>
struct strong {
  T value{};

  constexpr strong() = default;
  explicit constexpr strong(T v) : value(v) {}

  auto operator<=>(const strong&) const = default;
};

template <class Tag, class T>
std::ostream& operator<<(std::ostream& out, const strong<Tag, T>& id) {
  return out << +id.value;
}

}  // namespace parley

template <class Tag, class T>
struct std::hash<parley::strong<Tag, T>> {
  std::size_t operator()(const parley::strong<Tag, T>& id) const noexcept { return std::hash<T>{}(id.value); }
};
