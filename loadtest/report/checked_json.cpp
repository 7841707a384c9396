#include "loadtest/report/checked_json.hpp"

#include "loadtest/report/wrong_file.hpp"

#include <boost/json/serialize.hpp>

#include <charconv>
#include <cmath>
#include <iterator>

namespace parley::load::reporting {
namespace {

std::string_view kind_of(const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::null: return "null";
    case boost::json::kind::bool_: return "true or false";
    case boost::json::kind::int64:
    case boost::json::kind::uint64:
    case boost::json::kind::double_: return "a number";
    case boost::json::kind::string: return "a string";
    case boost::json::kind::array: return "a list";
    case boost::json::kind::object: return "an object";
  }
  return "something else";
}

}  // namespace

checked_json checked_json::at(std::string_view member) const {
  if (!value_->is_object()) refuse("an object was expected, this is " + std::string(kind_of(*value_)));
  const auto* found = value_->get_object().if_contains(member);
  if (found == nullptr) refuse("\"" + std::string(member) + "\" is missing");
  return {*found, file_, below(member)};
}

std::optional<checked_json> checked_json::find(std::string_view member) const {
  if (!value_->is_object()) refuse("an object was expected, this is " + std::string(kind_of(*value_)));
  const auto* found = value_->get_object().if_contains(member);
  if (found == nullptr || found->is_null()) return std::nullopt;
  return checked_json(*found, file_, below(member));
}

std::vector<checked_json> checked_json::items() const {
  if (!value_->is_array()) refuse("a list was expected, this is " + std::string(kind_of(*value_)));
  std::vector<checked_json> places;
  for (const auto& item : value_->get_array())
    places.emplace_back(item, file_, path_ + "[" + std::to_string(places.size()) + "]");
  return places;
}

std::vector<std::pair<std::string, checked_json>> checked_json::members() const {
  if (!value_->is_object()) refuse("an object was expected, this is " + std::string(kind_of(*value_)));
  std::vector<std::pair<std::string, checked_json>> places;
  for (const auto& member : value_->get_object())
    places.emplace_back(std::string(member.key()), checked_json(member.value(), file_, below(member.key())));
  return places;
}

std::string checked_json::text() const {
  if (!value_->is_string()) refuse("a string was expected, this is " + std::string(kind_of(*value_)));
  return std::string(value_->get_string());
}

bool checked_json::flag() const {
  if (!value_->is_bool()) refuse("true or false was expected, this is " + std::string(kind_of(*value_)));
  return value_->get_bool();
}

double checked_json::number() const {
  if (!value_->is_number()) refuse("a number was expected, this is " + std::string(kind_of(*value_)));
  const auto number = value_->to_number<double>();
  if (!std::isfinite(number) || number < 0) refuse("a number from 0 on was expected");
  return number;
}

std::uint64_t checked_json::count() const {
  const double number = this->number();
  if (number != std::floor(number) || number > 9007199254740992.0) refuse("a whole number up to 2^53 was expected");
  return static_cast<std::uint64_t>(number);
}

std::vector<double> checked_json::numbers() const {
  if (!value_->is_array()) refuse("a list was expected, this is " + std::string(kind_of(*value_)));
  std::vector<double> all;
  all.reserve(value_->get_array().size());
  for (const auto& item : value_->get_array()) {
    const bool is_fine = item.is_number() && std::isfinite(item.to_number<double>()) && item.to_number<double>() >= 0;
    if (!is_fine) refuse("item " + std::to_string(all.size()) + " is no number from 0 on");
    all.push_back(item.to_number<double>());
  }
  return all;
}

std::string checked_json::as_read() const {
  if (value_->is_string()) return std::string(value_->get_string());
  if (!value_->is_double()) return boost::json::serialize(*value_);
  char text[32];  // the shortest that says the number, and not the library's 1E0
  const auto end = std::to_chars(std::begin(text), std::end(text), value_->get_double()).ptr;
  return {std::begin(text), end};
}

void checked_json::refuse(const std::string& why) const {
  throw wrong_file(file_ + ": " + (path_.empty() ? "" : path_ + ": ") + why);
}

std::string checked_json::below(std::string_view member) const {
  return path_.empty() ? std::string(member) : path_ + "." + std::string(member);
}

}  // namespace parley::load::reporting
