#include "tests/simulation/agenda.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace parley::simulation {

agenda::agenda(std::uint64_t seed) : state_(seed) { draw(); }

// SplitMix64 (Steele, Lea, Flood, 2014): the same numbers from every standard library.
std::uint64_t agenda::draw() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

bool agenda::is_later(const entry& a, const entry& b) {
  return std::tie(a.at, a.tie, a.order) > std::tie(b.at, b.tie, b.order);
}

void agenda::after(nanoseconds delay, task what) {
  due_.push_back({now_ + std::max(delay, nanoseconds{0}), draw(), ++order_, std::move(what)});
  std::push_heap(due_.begin(), due_.end(), is_later);
}

bool agenda::step() {
  if (due_.empty()) return false;
  std::pop_heap(due_.begin(), due_.end(), is_later);
  auto next = std::move(due_.back());
  due_.pop_back();
  now_ = next.at;
  ++steps_;
  note(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  next.what();
  return true;
}

}  // namespace parley::simulation
