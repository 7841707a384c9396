#pragma once

namespace parley {

/// One visitor out of one lambda per alternative.
template <class... F>
struct overload : F... {
  using F::operator()...;
};
template <class... F>
overload(F...) -> overload<F...>;  // clang 14 deduces none for an aggregate

}  // namespace parley
