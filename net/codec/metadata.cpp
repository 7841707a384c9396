#include "net/codec/metadata.hpp"

#include "net/codec/json_text.hpp"
#include "net/codec/json_writer.hpp"
#include "net/validation.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

namespace parley::net {
namespace {

namespace json = boost::json;
namespace pb = google::protobuf;
using enum metadata_verdict;

// Plain recursion: the depth is bounded by the parser for JSON, and by `depth` for Protobuf.
class compact_writer {
public:
  explicit compact_writer(std::string& out) : out_(out) {}

  metadata_verdict object(const json::object& from) {
    return members(
        from, [](const auto& member) { return std::string_view(member.key()); },
        [this](const auto& member) { return value(member.value()); });
  }

  metadata_verdict object(const pb::Struct& from, int depth) {
    if (depth > metadata_depth_max) return too_deep;
    using entry = const pb::Map<std::string, pb::Value>::value_type*;
    std::vector<entry> sorted;
    sorted.reserve(from.fields().size());
    for (const auto& field : from.fields()) sorted.push_back(&field);
    std::ranges::sort(sorted, {}, [](entry e) -> const std::string& { return e->first; });
    return members(
        sorted, [](entry e) { return std::string_view(e->first); },
        [this, depth](entry e) { return value(e->second, depth); });
  }

private:
  template <class Range, class Name, class Write>
  metadata_verdict members(const Range& range, Name name, Write write) {
    out_ += '{';
    for (bool is_first = true; const auto& member : range) {
      if (!is_first) out_ += ',';
      is_first = false;
      if (const auto verdict = text(name(member)); verdict != fine) return verdict;
      out_ += ':';
      if (const auto verdict = write(member); verdict != fine) return verdict;
    }
    out_ += '}';
    return fine;
  }

  template <class Range, class Write>
  metadata_verdict elements(const Range& range, Write write) {
    out_ += '[';
    for (bool is_first = true; const auto& element : range) {
      if (!is_first) out_ += ',';
      is_first = false;
      if (const auto verdict = write(element); verdict != fine) return verdict;
    }
    out_ += ']';
    return fine;
  }

  metadata_verdict value(const json::value& from) {
    switch (from.kind()) {
      case json::kind::object: return object(from.get_object());
      case json::kind::array: return elements(from.get_array(), [this](const auto& v) { return value(v); });
      case json::kind::string: return text(from.get_string());
      case json::kind::bool_: return literal(from.get_bool() ? "true" : "false");
      case json::kind::null: return literal("null");
      case json::kind::int64: return number(static_cast<double>(from.get_int64()));
      case json::kind::uint64: return number(static_cast<double>(from.get_uint64()));
      case json::kind::double_: return number(from.get_double());
    }
    return refused;
  }

  metadata_verdict value(const pb::Value& from, int depth) {
    switch (from.kind_case()) {
      case pb::Value::kStructValue: return object(from.struct_value(), depth + 1);
      case pb::Value::kListValue:
        if (depth + 1 > metadata_depth_max) return too_deep;
        return elements(from.list_value().values(), [this, depth](const auto& v) { return value(v, depth + 1); });
      case pb::Value::kStringValue: return text(from.string_value());
      case pb::Value::kBoolValue: return literal(from.bool_value() ? "true" : "false");
      case pb::Value::kNullValue: return literal("null");
      case pb::Value::kNumberValue: return number(from.number_value());
      case pb::Value::KIND_NOT_SET: return refused;
    }
    return refused;
  }

  metadata_verdict text(std::string_view from) {
    if (from.find('\0') != std::string_view::npos) return refused;
    append_json_string(out_, from);
    return fine;
  }

  metadata_verdict literal(std::string_view from) {
    out_ += from;
    return fine;
  }

  metadata_verdict number(double from) {
    if (!std::isfinite(from)) return refused;
    append_json_double(out_, from);
    return fine;
  }

  std::string& out_;
};

void append_length(std::string& out, std::size_t length) {
  for (int shift = 0; shift < 64; shift += 8)
    out += static_cast<char>((static_cast<std::uint64_t>(length) >> shift) & 0xFF);
}

void append_canonical(std::string& out, const json::value& from);

void append_text(std::string& out, std::string_view text) {
  append_length(out, text.size());
  out += text;
}

void append_canonical(std::string& out, const json::object& from) {
  std::vector<const json::key_value_pair*> sorted;
  sorted.reserve(from.size());
  for (const auto& member : from) sorted.push_back(&member);
  std::ranges::sort(sorted, {}, [](const auto* member) { return std::string_view(member->key()); });
  out += 'o';
  append_length(out, sorted.size());
  for (const auto* member : sorted) {
    append_text(out, member->key());
    append_canonical(out, member->value());
  }
}

void append_canonical(std::string& out, const json::value& from) {
  switch (from.kind()) {
    case json::kind::object: return append_canonical(out, from.get_object());
    case json::kind::array:
      out += 'a';
      append_length(out, from.get_array().size());
      for (const auto& element : from.get_array()) append_canonical(out, element);
      return;
    case json::kind::string: out += 's'; return append_text(out, from.get_string());
    case json::kind::bool_: out += from.get_bool() ? 't' : 'f'; return;
    case json::kind::null: out += 'n'; return;
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_: {
      const double number = from.to_number<double>();
      out += 'd';
      append_length(out, std::bit_cast<std::uint64_t>(number == 0 ? 0.0 : number));  // -0 equals 0
      return;
    }
  }
}

void fill(pb::Struct& out, const json::object& from);

void fill(pb::Value& out, const json::value& from) {
  switch (from.kind()) {
    case json::kind::object: return fill(*out.mutable_struct_value(), from.get_object());
    case json::kind::array:
      out.mutable_list_value();
      for (const auto& element : from.get_array()) fill(*out.mutable_list_value()->add_values(), element);
      return;
    case json::kind::string: out.set_string_value(from.get_string().data(), from.get_string().size()); return;
    case json::kind::bool_: out.set_bool_value(from.get_bool()); return;
    case json::kind::null: out.set_null_value(pb::NULL_VALUE); return;
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_: out.set_number_value(from.to_number<double>()); return;
  }
}

void fill(pb::Struct& out, const json::object& from) {
  for (const auto& member : from) fill((*out.mutable_fields())[std::string(member.key())], member.value());
}

json::value parsed(std::string_view compact) {
  return read_json(compact, metadata_depth_max).value_or(json::value(json::object_kind));
}

}  // namespace

metadata_verdict write_metadata(const json::object& from, std::string& out) {
  out.clear();
  return compact_writer(out).object(from);
}

metadata_verdict write_metadata(const pb::Struct& from, std::string& out) {
  out.clear();
  return compact_writer(out).object(from, 1);
}

std::string canonical_metadata(std::string_view compact) {
  std::string out;
  if (!compact.empty()) append_canonical(out, parsed(compact));
  return out;
}

void read_metadata(std::string_view compact, pb::Struct& out) {
  if (compact.empty()) return;
  const json::value value = parsed(compact);
  if (value.is_object()) fill(out, value.get_object());
}

}  // namespace parley::net
