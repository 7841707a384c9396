#include "tests/net/same_meaning.hpp"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <boost/json/serialize.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <cctype>

namespace parley::net {
namespace {

namespace json = boost::json;
using namespace google::protobuf;

/// EVENT_KIND_MESSAGE_CREATED is "message.created", PHASE_LIVE is "live".
std::string word_of(const EnumValueDescriptor& value) {
  std::string prefix;
  for (const char c : value.type()->name()) {
    if (std::isupper(static_cast<unsigned char>(c)) && !prefix.empty()) prefix += '_';
    prefix += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  std::string word = value.name().substr(prefix.size() + 1);
  for (char& c : word) c = c == '_' && value.type()->name() == "EventKind" ? '.' : static_cast<char>(std::tolower(c));
  return word;
}

std::string differ(const FieldDescriptor& field, const json::value& in_json) {
  return field.name() + " is " + json::serialize(in_json) + " in JSON";
}

/// A Struct by Protobuf's own JSON printer, numbers compared as doubles.
bool is_same(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) return a.to_number<double>() == b.to_number<double>();
  if (a.kind() != b.kind()) return false;
  if (a.is_object()) {
    return a.get_object().size() == b.get_object().size() &&
           std::all_of(a.get_object().begin(), a.get_object().end(), [&](const auto& member) {
             const auto* other = b.get_object().if_contains(member.key());
             return other != nullptr && is_same(member.value(), *other);
           });
  }
  if (a.is_array()) {
    return std::equal(a.get_array().begin(), a.get_array().end(), b.get_array().begin(), b.get_array().end(), is_same);
  }
  return a == b;
}

std::string difference_of(const json::value& in_json, const Message& in_proto) {
  if (in_proto.GetDescriptor()->full_name() == "google.protobuf.Struct") {
    std::string text;
    if (!util::MessageToJsonString(in_proto, &text).ok()) return "a Struct that is no JSON";
    return is_same(in_json, json::parse(text)) ? "" : "metadata: " + text;
  }
  if (!in_json.is_object()) return "no object for " + in_proto.GetDescriptor()->name();
  return difference(in_json.get_object(), in_proto);
}

std::string scalar_difference(const json::value& v, const Message& m, const FieldDescriptor& f) {
  const auto& reflect = *m.GetReflection();
  switch (f.cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT64:
      return v.to_number<std::uint64_t>() == reflect.GetUInt64(m, &f) ? "" : differ(f, v);
    case FieldDescriptor::CPPTYPE_INT64:
      return v.to_number<std::int64_t>() == reflect.GetInt64(m, &f) ? "" : differ(f, v);
    case FieldDescriptor::CPPTYPE_UINT32:
      return v.to_number<std::uint32_t>() == reflect.GetUInt32(m, &f) ? "" : differ(f, v);
    case FieldDescriptor::CPPTYPE_BOOL: return v == json::value(reflect.GetBool(m, &f)) ? "" : differ(f, v);
    case FieldDescriptor::CPPTYPE_STRING: return v == json::value(reflect.GetString(m, &f)) ? "" : differ(f, v);
    case FieldDescriptor::CPPTYPE_ENUM: return v == json::value(word_of(*reflect.GetEnum(m, &f))) ? "" : differ(f, v);
    case FieldDescriptor::CPPTYPE_MESSAGE: return difference_of(v, reflect.GetMessage(m, &f));
    default: return "a type that the schema does not use: " + f.name();
  }
}

std::string map_difference(const json::object& entries, const Message& m, const FieldDescriptor& f) {
  const auto& reflect = *m.GetReflection();
  if (entries.size() != static_cast<std::size_t>(reflect.FieldSize(m, &f))) return f.name() + " has another size";
  for (int n = 0; n < reflect.FieldSize(m, &f); ++n) {
    const Message& entry = reflect.GetRepeatedMessage(m, &f, n);
    const auto key = entry.GetReflection()->GetString(entry, entry.GetDescriptor()->map_key());
    const auto* value = entries.if_contains(key);
    if (value == nullptr) return f.name() + " lacks " + key;
    const auto found =
        difference_of(*value, entry.GetReflection()->GetMessage(entry, entry.GetDescriptor()->map_value()));
    if (!found.empty()) return found;
  }
  return "";
}

std::string list_difference(const json::array& list, const Message& m, const FieldDescriptor& f) {
  const auto& reflect = *m.GetReflection();
  if (list.size() != static_cast<std::size_t>(reflect.FieldSize(m, &f))) return f.name() + " has another size";
  for (int n = 0; n < reflect.FieldSize(m, &f); ++n) {
    const auto found = difference_of(list[static_cast<std::size_t>(n)], reflect.GetRepeatedMessage(m, &f, n));
    if (!found.empty()) return found;
  }
  return "";
}

/// protocol.md: only these may be left out where they say nothing.
bool may_be_absent(const FieldDescriptor& field) {
  const auto& of = field.containing_type()->name();
  if (of == "Envelope" || field.has_presence()) return true;
  if (of == "Error") return field.name() == "room" || field.name() == "client_msg_id";
  return of == "Event" && field.number() > 5;
}

bool is_default(const Message& m, const FieldDescriptor& f) {
  const auto& reflect = *m.GetReflection();
  return f.is_repeated() ? reflect.FieldSize(m, &f) == 0 : !reflect.HasField(m, &f);
}

}  // namespace

std::string difference(const json::object& from, const Message& message) {
  const auto& kind = *message.GetDescriptor();
  for (const auto& member : from)
    if (kind.FindFieldByName(std::string(member.key())) == nullptr) return "JSON has " + std::string(member.key());
  for (int n = 0; n < kind.field_count(); ++n) {
    const FieldDescriptor& field = *kind.field(n);
    const auto* value = from.if_contains(field.name());
    if (value == nullptr) {
      if (!is_default(message, field)) return "JSON lacks " + field.full_name();
      if (!may_be_absent(field)) return "JSON must write " + field.full_name();
      continue;
    }
    const auto found = field.is_map()        ? map_difference(value->as_object(), message, field)
                       : field.is_repeated() ? list_difference(value->as_array(), message, field)
                                             : scalar_difference(*value, message, field);
    if (!found.empty()) return kind.name() + '.' + found;
  }
  return "";
}

}  // namespace parley::net
