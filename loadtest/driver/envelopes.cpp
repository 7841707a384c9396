#include "loadtest/driver/envelopes.hpp"

#include <boost/json.hpp>

#include <charconv>

namespace parley::load {
namespace json = boost::json;
namespace {

std::string envelope(std::uint32_t id, std::string_view operation) {
  return "{\"id\":" + std::to_string(id) + ",\"" + std::string(operation) + "\":{";
}

std::uint64_t number_at(std::string_view text, std::size_t at) {
  std::uint64_t number = 0;
  std::from_chars(text.data() + at, text.data() + text.size(), number);
  return number;
}

std::uint64_t number_of(const json::object& body, std::string_view name) {
  const auto* found = body.if_contains(name);
  return found != nullptr && found->is_int64() ? static_cast<std::uint64_t>(found->get_int64()) : 0;
}

std::uint64_t seq_of(const json::object& body, std::string_view name) {
  const auto* found = body.if_contains(name);
  return found != nullptr && found->is_object() ? number_of(found->get_object(), "seq") : 0;
}

std::string_view text_of(const json::object& body, std::string_view name) {
  const auto* found = body.if_contains(name);
  return found != nullptr && found->is_string() ? std::string_view(found->get_string()) : std::string_view();
}

answer::kind kind_of(std::string_view name) {
  using kind = answer::kind;
  return name == "published"     ? kind::published
         : name == "batch"       ? kind::batch
         : name == "joined"      ? kind::joined
         : name == "live"        ? kind::live
         : name == "connected"   ? kind::connected
         : name == "catching_up" ? kind::catching_up
         : name == "gap"         ? kind::gap
         : name == "error"       ? kind::error
                                 : kind::other;
}

/// A live batch as the node writes it, without a parser: most of what a fan-out load reads. An event's object begins
/// with its seq, a position's with its term, and a load's texts hold no quotes.
bool read_plain_batch(std::string_view text, const answer_sink& sink) {
  constexpr std::string_view begin = "{\"batch\":{\"room\":\"", prev = "\",\"prev\":", event = "{\"seq\":";
  if (!text.starts_with(begin)) return false;
  const auto room_end = text.find('"', begin.size());
  if (room_end == std::string_view::npos || !text.substr(room_end).starts_with(prev)) return false;
  const auto room = text.substr(begin.size(), room_end - begin.size());
  const auto before = number_at(text, room_end + prev.size());
  bool is_first = true;
  for (auto at = text.find(event, room_end); at != std::string_view::npos; at = text.find(event, at + event.size())) {
    sink.event(room, is_first, before, number_at(text, at + event.size()));
    is_first = false;
  }
  answer told;
  told.what = answer::kind::batch;
  told.room = room;
  sink.answered(told);
  return true;
}

void read_one(const json::object& envelope, const answer_sink& sink) {
  answer told;
  told.id = static_cast<std::uint32_t>(number_of(envelope, "id"));
  for (const auto& [name, value] : envelope) {
    if (name == "id" || !value.is_object()) continue;
    const auto& body = value.get_object();
    told.what = kind_of(name);
    told.room = text_of(body, "room");
    told.name = text_of(body, "name");
    told.seq = told.what == answer::kind::joined ? seq_of(body, "start")
               : told.what == answer::kind::live ? seq_of(body, "at")
                                                 : number_of(body, "seq");
    told.head = seq_of(body, "head");
    if (told.what != answer::kind::batch) continue;
    bool is_first = true;
    for (const auto& one : body.at("events").as_array()) {
      sink.event(told.room, is_first, number_of(body, "prev"), number_of(one.as_object(), "seq"));
      is_first = false;
    }
  }
  sink.answered(told);
}

}  // namespace

std::string connect_request(std::uint32_t id, std::string_view user) {
  return envelope(id, "connect") + "\"user\":\"" + std::string(user) + "\"}}";
}

std::string join_request(std::uint32_t id, std::string_view room, unsigned rewind) {
  return envelope(id, "join") + "\"room\":\"" + std::string(room) +
         "\",\"rewind\":{\"limit\":" + std::to_string(rewind) + "}}}";
}

std::string publish_request(std::uint32_t id, std::string_view room, std::string_view client_msg_id,
                            std::string_view text) {
  return envelope(id, "publish") + "\"room\":\"" + std::string(room) + "\",\"client_msg_id\":\"" +
         std::string(client_msg_id) + "\",\"text\":\"" + std::string(text) + "\"}}";
}

bool read_answers(std::string_view text, const answer_sink& sink) {
  if (read_plain_batch(text, sink)) return true;
  unsigned char buffer[16 * 1024];
  json::monotonic_resource memory(buffer);
  json::error_code failed;
  const auto parsed = json::parse({text.data(), text.size()}, failed, &memory);
  if (failed) return false;
  if (const auto* list = parsed.if_array()) {
    for (const auto& one : *list) {
      if (!one.is_object()) return false;
      read_one(one.get_object(), sink);
    }
    return true;
  }
  if (!parsed.is_object()) return false;
  read_one(parsed.get_object(), sink);
  return true;
}

}  // namespace parley::load
