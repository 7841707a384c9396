#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace parley::checker {

/// Texts as small numbers, from 1 in the order of their first use; the empty text is 0.
class names {
public:
  names() = default;
  names(names&&) = default;
  names& operator=(names&&) = default;
  names(const names& other) : texts_(other.texts_) {
    for (std::uint32_t id = 1; id < texts_.size(); ++id) ids_.emplace(texts_[id], id);
  }
  names& operator=(const names& other) { return *this = names{other}; }
  ~names() = default;

  std::uint32_t intern(std::string_view text) {
    if (text.empty()) return 0;
    if (const auto known = ids_.find(text); known != ids_.end()) return known->second;
    const auto id = static_cast<std::uint32_t>(texts_.size());
    texts_.emplace_back(text);
    ids_.emplace(texts_.back(), id);
    return id;
  }
  /// @pre `intern` gave this id
  std::string_view text(std::uint32_t id) const { return texts_.at(id); }
  void clear() { *this = names{}; }
  std::uint32_t count() const { return static_cast<std::uint32_t>(texts_.size() - 1); }

private:
  std::deque<std::string> texts_{""};  // a deque: the views in `ids_` stay good
  std::unordered_map<std::string_view, std::uint32_t> ids_;
};

}  // namespace parley::checker
