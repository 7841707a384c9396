#pragma once

#include "actors/core/ids.hpp"
#include "actors/core/time.hpp"
#include "net/codec/json_writer.hpp"

#include <concepts>
#include <string>
#include <string_view>

namespace parley::net {

/// Appends one JSON object: the brace at its birth, the closing one at its end. Names are ours and need no escape.
class json_object {
public:
  explicit json_object(std::string& out) : out_(out) { out_ += '{'; }
  ~json_object() { out_ += '}'; }
  json_object(const json_object&) = delete;
  json_object& operator=(const json_object&) = delete;

  /// The name and its colon: the caller appends the value.
  std::string& name(std::string_view name) {
    if (!is_first_) out_ += ',';
    is_first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
    return out_;
  }
  void member(std::string_view label, std::string_view text) { append_json_string(name(label), text); }
  void member(std::string_view label, const char* text) { member(label, std::string_view(text)); }
  template <std::integral Number>
  requires(!std::same_as<Number, bool>) void member(std::string_view label, Number number) {
    append_json_number(name(label), number);
  }
  void member(std::string_view label, std::same_as<bool> auto flag) { name(label) += flag ? "true" : "false"; }
  void member(std::string_view label, seq s) { member(label, s.value); }
  void member(std::string_view label, unix_time at) { member(label, at.time_since_epoch().count()); }
  void member(std::string_view label, position at) {
    json_object object(name(label));
    object.member("term", at.term.value);
    object.member("seq", at.seq.value);
  }

private:
  std::string& out_;
  bool is_first_ = true;
};

}  // namespace parley::net
