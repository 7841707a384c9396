#pragma once

#include "node/secrets.hpp"
#include "node/setting.hpp"

#include <concepts>
#include <limits>
#include <type_traits>

/// How a setting of each kind is made from its place in the configuration. A place is a generic lambda:
/// `[](auto& c) -> auto& { return c.node.shards; }`.
namespace parley::setting_kinds {

std::string flag_name(std::string_view key);

/// What is wrong with a text; none is fine.
using text_check = std::function<std::optional<std::string>(const std::string&)>;

template <class Number>
std::int64_t count_of(const Number& number) {
  if constexpr (std::integral<Number>) {
    return static_cast<std::int64_t>(number);
  } else {
    return static_cast<std::int64_t>(number.count());  // a duration, in the unit that its type carries
  }
}

template <class Place>
setting flag(std::string key, std::string meaning, Place place) {
  setting made{key, setting_kind::flag, "true or false", std::move(meaning), flag_name(key), {}, {}};
  made.assign = [place](configuration& c, const raw_value& v) -> std::optional<std::string> {
    place(c) = std::get<bool>(v);
    return std::nullopt;
  };
  made.show = [place](const configuration& c) -> std::string { return place(c) ? "true" : "false"; };
  return made;
}

struct bounds {
  std::int64_t min;
  std::int64_t max;
};

template <class Place>
setting number(std::string key, std::string unit, bounds within, std::string meaning, Place place) {
  const auto range = std::to_string(within.min) + " to " + std::to_string(within.max);
  setting made{
      key, setting_kind::number, (unit.empty() ? "" : unit + ", ") + range, std::move(meaning), flag_name(key), {}, {}};
  made.assign = [place, within, range](configuration& c, const raw_value& v) -> std::optional<std::string> {
    const auto n = std::get<std::int64_t>(v);
    if (n < within.min || n > within.max) return std::to_string(n) + " is not within " + range;
    auto& where = place(c);
    where = static_cast<std::remove_reference_t<decltype(where)>>(n);
    return std::nullopt;
  };
  made.show = [place](const configuration& c) { return std::to_string(count_of(place(c))); };
  return made;
}

template <class Place>
setting text(std::string key, std::string shape, std::string meaning, text_check check, Place place) {
  setting made{key, setting_kind::text, std::move(shape), std::move(meaning), flag_name(key), {}, {}};
  made.assign = [place, check](configuration& c, const raw_value& v) -> std::optional<std::string> {
    if (auto complaint = check(std::get<std::string>(v))) return complaint;
    place(c) = std::get<std::string>(v);
    return std::nullopt;
  };
  made.show = [place](const configuration& c) { return toml_text(place(c)); };
  return made;
}

/// `flag` names one item; it may be repeated. What is secret in an item is masked where it is shown.
template <class Place>
setting list(std::string key, std::string flag, std::string shape, std::string meaning, text_check check, Place place,
             std::string (*shown)(std::string_view) = mask_secrets) {
  setting made{std::move(key), setting_kind::list, std::move(shape), std::move(meaning), std::move(flag), {}, {}};
  made.assign = [place, check](configuration& c, const raw_value& v) -> std::optional<std::string> {
    for (const auto& item : std::get<std::vector<std::string>>(v)) {
      if (auto complaint = check(item)) return complaint;
    }
    place(c) = std::get<std::vector<std::string>>(v);
    return std::nullopt;
  };
  made.show = [place, shown](const configuration& c) {
    std::vector<std::string> masked;
    for (const auto& item : place(c)) masked.push_back(shown(item));
    return toml_list(masked);
  };
  return made;
}

}  // namespace parley::setting_kinds
