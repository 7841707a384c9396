#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace parley {

/// Appends one command to `to` as Redis wants it: binary-safe, an array of bulk strings.
void append_command(std::string& to, std::span<const std::string_view> words);

inline void append_command(std::string& to, std::initializer_list<std::string_view> words) {
  append_command(to, std::span{words.begin(), words.size()});
}

}  // namespace parley
