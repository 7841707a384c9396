#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace parley {

struct configuration;

/// A value before its setting judged it: a file has types, the environment and flags are text.
using raw_value = std::variant<bool, std::int64_t, std::string, std::vector<std::string>>;

enum class setting_kind : std::uint8_t { flag, number, text, list };

/// One thing that an operator may set, in all three places: `key` in the file, PARLEY_KEY in the environment, --key as
/// a flag.
struct setting {
  std::string key;  ///< dotted: "limits.frame_bytes" stands in the file's table [limits]
  setting_kind kind = setting_kind::text;
  std::string unit_and_bounds;  ///< for people: "ms, 1 to 60000"
  std::string meaning;
  std::string flag;  ///< "--limits-frame-bytes"
  /// Puts a value of the right kind in its place. @returns what is wrong with it
  std::function<std::optional<std::string>(configuration&, const raw_value&)> assign;
  /// As the file would say it, secrets masked.
  std::function<std::string(const configuration&)> show;

  std::string environment_name() const;
  std::string table() const;  ///< "limits", or empty for the top of the file
  std::string name() const;   ///< the key within its table
};

/// All of them, in the order in which they are printed.
const std::vector<setting>& settings();

/// A value from the environment or a flag; the items of a list are separated by line ends or semicolons.
/// @returns none where the text is not of that kind
std::optional<raw_value> from_text(setting_kind kind, std::string_view text);

/// "a whole number", for messages.
std::string_view what_it_takes(setting_kind kind);

std::string toml_text(std::string_view text);
std::string toml_list(const std::vector<std::string>& items);

}  // namespace parley
