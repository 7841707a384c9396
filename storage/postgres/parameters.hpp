#pragma once

#include "actors/core/ids.hpp"
#include "actors/core/strong.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley::postgres {

/// One array parameter in PostgreSQL's binary form: dimensions, element type, then length and bytes of each element.
class array {
public:
  enum class of : std::uint32_t { int2 = 21, int4 = 23, int8 = 20, text = 25, bytea = 17, uuid = 2950 };

  /// @param expected elements; of a fixed width, so that their bytes are known
  explicit array(of type, std::size_t expected = 0);

  void add(std::int16_t number);
  void add(std::int32_t number);
  void add(std::int64_t number);
  void add(std::string_view bytes);
  void add(const room_key& key);
  void add_null();
  template <class Tag, class T>
  void add(strong<Tag, T> id) {
    if constexpr (sizeof(T) == 8)
      add(static_cast<std::int64_t>(id.value));
    else
      add(static_cast<std::int32_t>(id.value));
  }

  std::size_t size() const { return count_; }
  /// Ends the array: the header gets its counts.
  std::string take();

private:
  std::string bytes_;
  std::uint32_t count_ = 0;
  bool has_null_ = false;
};

/// The bound parameters of one statement, all binary. Nothing is ever pasted into SQL.
class parameters {
public:
  parameters& add(std::int64_t number);
  parameters& add(std::int32_t number);
  parameters& add(std::int16_t number);
  parameters& add(bool flag);
  parameters& add(std::string_view text);
  parameters& add(const room_key& key);
  parameters& add(array& values);
  template <class Tag, class T>
  parameters& add(strong<Tag, T> id) {
    if constexpr (sizeof(T) == 8)
      return add(static_cast<std::int64_t>(id.value));
    else
      return add(static_cast<std::int32_t>(id.value));
  }
  parameters& add(const char*) = delete;  // would be a bool

  std::span<const std::string> values() const { return values_; }
  std::size_t bytes() const;

private:
  std::vector<std::string> values_;
};

}  // namespace parley::postgres
