#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

/// The known word that was probably meant: the nearest by letters added, left out, changed or swapped, if it is near.
std::optional<std::string> nearest_word(std::string_view word, const std::vector<std::string>& known);

/// `, did you mean "shards"?`, or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace parley
