#pragma once

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::load::reporting {

/// A place in a JSON document that knows its way from the root, so that each refusal names it
/// (`latency_us.publish_to_ack.p99`). Borrows the document. Every function throws `wrong_file`.
class checked_json {
public:
  checked_json(const boost::json::value& value, std::string file, std::string path = {})
      : value_(&value), file_(std::move(file)), path_(std::move(path)) {}

  /// A member that must be there.
  checked_json at(std::string_view member) const;
  /// None: absent or null.
  std::optional<checked_json> find(std::string_view member) const;
  std::vector<checked_json> items() const;
  /// Each member's name and place, in the file's order.
  std::vector<std::pair<std::string, checked_json>> members() const;

  std::string text() const;
  bool flag() const;
  /// Any number from 0 on: nothing that a result measures is negative.
  double number() const;
  /// A whole number from 0 on.
  std::uint64_t count() const;
  std::vector<double> numbers() const;
  /// A value of any kind as people read it: a string without its quotes, anything else as JSON.
  std::string as_read() const;

  [[noreturn]] void refuse(const std::string& why) const;

private:
  std::string below(std::string_view member) const;

  const boost::json::value* value_;
  std::string file_, path_;
};

}  // namespace parley::load::reporting
