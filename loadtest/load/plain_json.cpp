#include "loadtest/load/plain_json.hpp"

#include "loadtest/load/event_key.hpp"

#include <boost/json/parse.hpp>

#include <cstring>

namespace parley::load {
namespace {

/// Of a text as it stands in JSON. Rare: most chat texts hold nothing that must be escaped.
std::uint64_t digest_of_escaped(std::string_view raw) {
  namespace json = boost::json;
  json::error_code failed;
  const std::string quoted = '"' + std::string(raw) + '"';
  const auto value = json::parse(quoted, failed);
  return failed || !value.is_string() ? ~digest_of(raw) : digest_of(std::string_view(value.get_string()));
}

}  // namespace

bool plain_json::take(std::string_view literal) {
  if (!rest_.starts_with(literal)) return false;
  rest_.remove_prefix(literal.size());
  return true;
}

bool plain_json::take_number(std::uint64_t& number) {
  number = 0;
  std::size_t n = 0;
  for (; n < rest_.size() && rest_[n] >= '0' && rest_[n] <= '9' && n < 19; ++n)
    number = number * 10 + static_cast<std::uint64_t>(rest_[n] - '0');
  rest_.remove_prefix(n);
  return n > 0;
}

bool plain_json::take_string(std::string_view& text, bool& has_escapes) {
  has_escapes = false;
  for (std::size_t from = 0;;) {
    const auto* quote = static_cast<const char*>(std::memchr(rest_.data() + from, '"', rest_.size() - from));
    if (quote == nullptr) return false;
    const auto end = static_cast<std::size_t>(quote - rest_.data());
    if (std::memchr(rest_.data() + from, '\\', end - from) == nullptr) {
      text = rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
      return true;
    }
    has_escapes = true;
    // A backslash takes the next character with it, which may be this quote.
    auto at = from;
    while (at < end) at += rest_[at] == '\\' ? 2 : 1;
    if (at == end) {
      text = rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
      return true;
    }
    from = at;
    if (from >= rest_.size()) return false;
  }
}

bool plain_json::take_event() {
  seen_event one;
  std::string_view text;
  std::uint64_t number = 0;
  bool has_escapes = false;
  if (!take("{\"seq\":") || !take_number(one.seq) || !take(",\"term\":") || !take_number(one.term) ||
      !take(",\"kind\":\"message.created\",\"sender\":\"") || !take_string(text, has_escapes) || !take(",\"at\":") ||
      !take_number(number))
    return false;
  if (take(",\"client_msg_id\":\"")) {
    if (!take_string(text, has_escapes)) return false;
    one.key = key_of(text);
  }
  if (!take(",\"text\":\"") || !take_string(text, has_escapes)) return false;
  one.digest = has_escapes ? digest_of_escaped(text) : digest_of(text);
  if (take(",\"version\":") && !take_number(number)) return false;
  if (!take("}")) return false;
  events_.push_back(one);
  return true;
}

bool plain_json::take_batch() {
  answer told;
  bool has_escapes = false;
  told.what = answer::kind::batch;
  if (!take_string(told.room, has_escapes) || has_escapes || !take(",\"prev\":") || !take_number(told.from))
    return false;
  if (take(",\"phase\":\"history\",\"events\":["))
    told.is_history = true;
  else if (!take(",\"phase\":\"live\",\"events\":["))
    return false;
  do
    if (!take_event()) return false;
  while (take(","));
  if (!take("]}}")) return false;
  answers_.push_back(told);
  return true;
}

bool plain_json::take_published() {
  answer told;
  std::uint64_t id = 0, at = 0;
  bool has_escapes = false;
  told.what = answer::kind::published;
  if (!take_number(id) || !take(",\"published\":{\"room\":\"") || !take_string(told.room, has_escapes) || has_escapes ||
      !take(",\"seq\":") || !take_number(told.at.seq) || !take(",\"term\":") || !take_number(told.at.term) ||
      !take(",\"at\":") || !take_number(at) || !take(",\"duplicate\":"))
    return false;
  told.id = static_cast<std::uint32_t>(id);
  told.is_duplicate = take("true");
  if ((!told.is_duplicate && !take("false")) || !take("}}")) return false;
  answers_.push_back(told);
  return true;
}

bool plain_json::take_envelope() {
  const bool is_whole = take("{\"batch\":{\"room\":\"") ? take_batch() : take("{\"id\":") && take_published();
  ends_.push_back(events_.size());
  return is_whole;
}

bool plain_json::read(std::string_view message, answer_sink& sink) {
  rest_ = message;
  answers_.clear();
  ends_.clear();
  events_.clear();
  const bool is_list = take("[");
  do
    if (!take_envelope()) return false;
  while (is_list && take(","));
  if ((is_list && !take("]")) || !rest_.empty()) return false;
  std::size_t begin = 0;
  for (std::size_t n = 0; n < answers_.size(); ++n) {
    answers_[n].events = std::span(events_).subspan(begin, ends_[n] - begin);
    begin = ends_[n];
    sink.answered(answers_[n]);
  }
  return true;
}

}  // namespace parley::load
