#include "net/codec/json_text.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include <charconv>
#include <cmath>
#include <string>
#include <utility>

namespace parley::net {
namespace {

namespace json = boost::json;
using failure = json::error_code;
using text_view = json::string_view;

/// What `json::parser` does, but for doubles: they are read from their own digits.
class tree_builder {
public:
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  explicit tree_builder(json::storage_ptr memory, unsigned char* scratch, std::size_t scratch_bytes)
      : stack_({}, scratch, scratch_bytes) {
    stack_.reset(std::move(memory));
  }
  json::value release() { return stack_.release(); }

  bool on_document_begin(failure&) { return true; }
  bool on_document_end(failure&) { return true; }
  bool on_object_begin(failure&) { return true; }
  bool on_object_end(std::size_t members, failure&) { return stack_.push_object(members), true; }
  bool on_array_begin(failure&) { return true; }
  bool on_array_end(std::size_t elements, failure&) { return stack_.push_array(elements), true; }
  bool on_key_part(text_view part, std::size_t, failure&) { return stack_.push_chars(part), true; }
  bool on_key(text_view part, std::size_t, failure&) { return stack_.push_key(part), true; }
  bool on_string_part(text_view part, std::size_t, failure&) { return stack_.push_chars(part), true; }
  bool on_string(text_view part, std::size_t, failure&) { return stack_.push_string(part), true; }
  bool on_number_part(text_view, failure&) { return true; }  // only of a text that comes in pieces
  bool on_int64(std::int64_t number, text_view, failure&) { return stack_.push_int64(number), true; }
  bool on_uint64(std::uint64_t number, text_view, failure&) { return stack_.push_uint64(number), true; }
  bool on_double(double about, text_view digits, failure& failed) {
    double exact = about;
    const auto end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, exact);
    if (read.ec == std::errc::result_out_of_range) exact = about;  // infinite, or too small for anything but zero
    if (!std::isfinite(exact)) return failed = json::error::exponent_overflow, false;
    stack_.push_double(exact);
    return true;
  }
  bool on_bool(bool is_true, failure&) { return stack_.push_bool(is_true), true; }
  bool on_null(failure&) { return stack_.push_null(), true; }
  bool on_comment_part(text_view, failure&) { return true; }
  bool on_comment(text_view, failure&) { return true; }

private:
  json::value_stack stack_;
};

}  // namespace

std::optional<json::value> read_json(std::string_view text, std::size_t depth_max, json::storage_ptr memory) {
  json::parse_options options;
  options.max_depth = depth_max;
  unsigned char scratch[1024];
  json::basic_parser<tree_builder> parser(options, std::move(memory), scratch, sizeof scratch);
  failure failed;
  const auto read = parser.write_some(false, text.data(), text.size(), failed);
  if (failed || read < text.size()) return std::nullopt;
  return parser.handler().release();
}

}  // namespace parley::net
