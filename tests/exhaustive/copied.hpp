#pragma once

#include <cstdint>
#include <memory>
#include <utility>

namespace parley::exhaustive {

/// A part of a world that worlds share until one of them changes it: a search copies a world at each step, and a step
/// touches one or two parts.
template <class T>
class copied {
public:
  template <class... Args>
  explicit copied(std::in_place_t, Args&&... args) : part_(std::make_shared<T>(std::forward<Args>(args)...)) {}
  copied() : copied(std::in_place) {}

  const T& operator*() const { return *part_; }
  const T* operator->() const { return part_.get(); }
  T& change() {
    if (part_.use_count() > 1) part_ = std::make_shared<T>(std::as_const(*part_));
    return *part_;
  }

private:
  std::shared_ptr<T> part_;
};

/// Folds `next` into `before`; the order matters.
constexpr std::uint64_t fold(std::uint64_t before, std::uint64_t next) {
  auto x = before * 0x9e3779b97f4a7c15u + next + 0x632be59bd9b4e019u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace parley::exhaustive
