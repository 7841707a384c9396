#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace parley::net {

/// The members of one JSON object, read with the types of the schema. Absent and null are the same: empty, 0 or
/// nothing. The first member of a wrong type says so in `wrong`, and reading goes on, so that a reply can still name
/// its room.
class json_fields {
public:
  json_fields(const boost::json::object& from, std::string& wrong) : from_(from), wrong_(wrong) {}

  std::string text(std::string_view name) const;
  /// A whole number from 0 to `max`; 1.0 is one.
  std::uint64_t number(std::string_view name, std::uint64_t max) const;
  /// The place of the value in `names`, counted from 1; 0 when absent or empty.
  std::size_t choice(std::string_view name, std::initializer_list<std::string_view> names) const;
  /// Null when absent, or of a wrong type.
  const boost::json::object* object(std::string_view name) const;
  const boost::json::array* array(std::string_view name) const;

private:
  const boost::json::value* find(std::string_view name) const;
  void complain(std::string_view name, std::string_view what) const;

  const boost::json::object& from_;
  std::string& wrong_;
};

/// @returns false for what is no whole number from 0 to `max`
bool read_whole_number(const boost::json::value& from, std::uint64_t max, std::uint64_t& out);

}  // namespace parley::net
