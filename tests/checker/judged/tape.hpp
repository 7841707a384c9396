#pragma once

#include "tests/checker/history.hpp"

#include <algorithm>
#include <random>
#include <vector>

namespace parley::checker::judged {

using chance = std::mt19937_64;

/// A history taken apart, so that it can be spoilt: records with their events or rows. Time is the record's place.
class tape {
public:
  struct entry {
    happening what;
    std::vector<event> events;
    std::vector<row> rows;
    template <class T>
    T* as() {
      return std::get_if<T>(&what);
    }
  };

  explicit tape(const history& from);
  history play() const;

  std::vector<entry> entries;
  history base;  ///< for new names, rooms and ids

  /// A random entry of this kind that `is_fit`; null where there is none.
  template <class T, class Fit>
  entry* pick(chance& random, Fit is_fit) {
    std::vector<entry*> fitting;
    for (auto& one : entries)
      if (auto* what = one.as<T>(); what && is_fit(one, *what)) fitting.push_back(&one);
    return fitting.empty() ? nullptr : fitting[random() % fitting.size()];
  }
  template <class T>
  entry* pick(chance& random) {
    return pick<T>(random, [](auto&, auto&) { return true; });
  }
  template <class T, class Fit>
  entry* first(Fit is_fit) {
    for (auto& one : entries)
      if (auto* what = one.as<T>(); what && is_fit(*what)) return &one;
    return nullptr;
  }

  std::size_t place(const entry* one) const { return static_cast<std::size_t>(one - entries.data()); }
  void insert_after(const entry* one, entry added) {
    entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(place(one)) + 1, std::move(added));
  }
  void remove(const entry* one) { entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(place(one))); }

  /// What is spoilt could be on a tail that gets lost: then it may differ.
  bool has_lost_tail() {
    return first<lost_tail>([](auto&) { return true; });
  }
  std::uint64_t floor(room_id room) { return reading(room)->as<stored>()->floor.seq; }
  entry* reading(room_id room) {
    return first<stored>([&](auto& it) { return it.room == room; });
  }
  publish_asked* asked(attempt_id attempt) {
    auto* found = first<publish_asked>([&](auto& it) { return it.attempt == attempt; });
    return found ? found->as<publish_asked>() : nullptr;
  }
  join_asked* asked(stream_id stream) {
    auto* found = first<join_asked>([&](auto& it) { return it.stream == stream; });
    return found ? found->as<join_asked>() : nullptr;
  }
  row* stored_row(room_id room, std::uint64_t seq) {
    auto* read = reading(room);
    if (!read) return nullptr;
    const auto found = std::find_if(read->rows.begin(), read->rows.end(), [&](auto& it) { return it.seq == seq; });
    return found == read->rows.end() ? nullptr : &*found;
  }
};

}  // namespace parley::checker::judged
