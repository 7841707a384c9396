#include "loadtest/load/answers.hpp"
#include "loadtest/load/event_key.hpp"
#include "loadtest/load/plain_json.hpp"

#include <boost/json.hpp>

namespace parley::load {
namespace {

namespace json = boost::json;

std::uint64_t number_of(const json::object& body, std::string_view name) {
  const auto* found = body.if_contains(name);
  return found != nullptr && found->is_int64() ? static_cast<std::uint64_t>(found->get_int64()) : 0;
}

std::string_view text_of(const json::object& body, std::string_view name) {
  const auto* found = body.if_contains(name);
  return found != nullptr && found->is_string() ? std::string_view(found->get_string()) : std::string_view();
}

std::optional<bool> flag_of(const json::object& body, std::string_view name) {
  const auto* found = body.if_contains(name);
  return found != nullptr && found->is_bool() ? std::optional(found->get_bool()) : std::nullopt;
}

position position_of(const json::object& body, std::string_view name) {
  const auto* found = body.if_contains(name);
  if (found == nullptr || !found->is_object()) return {};
  return {number_of(found->get_object(), "term"), number_of(found->get_object(), "seq")};
}

answer::kind kind_of(std::string_view name) {
  using kind = answer::kind;
  return name == "published"     ? kind::published
         : name == "batch"       ? kind::batch
         : name == "joined"      ? kind::joined
         : name == "left"        ? kind::left
         : name == "live"        ? kind::live
         : name == "connected"   ? kind::connected
         : name == "catching_up" ? kind::catching_up
         : name == "gap"         ? kind::gap
         : name == "error"       ? kind::error
                                 : kind::other;
}

gap_reason reason_of(std::string_view word) {
  return word == "jump" ? gap_reason::jump : word == "reset" ? gap_reason::reset : gap_reason::retention;
}

seen_event event_of(const json::object& body) {
  return {number_of(body, "seq"), number_of(body, "term"), key_of(text_of(body, "client_msg_id")),
          digest_of(text_of(body, "text"))};
}

/// Any JSON that the protocol allows. What most messages are goes by `plain_json`.
class json_reader final : public answer_reader {
public:
  bool read(std::string_view message, answer_sink& sink) override {
    if (plain_.read(message, sink)) return true;
    json::monotonic_resource memory(buffer_);
    json::error_code failed;
    const auto parsed = json::parse({message.data(), message.size()}, failed, &memory);
    if (failed) return false;
    if (parsed.is_object()) return read_one(parsed.get_object(), sink);
    if (!parsed.is_array()) return false;
    for (const auto& one : parsed.get_array())
      if (!one.is_object() || !read_one(one.get_object(), sink)) return false;
    return true;
  }

private:
  bool read_one(const json::object& envelope, answer_sink& sink) {
    answer told;
    told.id = static_cast<std::uint32_t>(number_of(envelope, "id"));
    for (const auto& [name, value] : envelope) {
      if (name == "id" || !value.is_object()) continue;
      const auto& body = value.get_object();
      told.what = kind_of(name);
      if (told.what == answer::kind::other) return sink.answered(told), true;
      told.room = text_of(body, "room");
      told.name = text_of(body, "name");
      if (!read_body(body, told)) return false;
      sink.answered(told);
      return true;
    }
    return false;
  }

  bool read_body(const json::object& body, answer& told) {
    switch (told.what) {
      case answer::kind::published:
        told.at = {number_of(body, "term"), number_of(body, "seq")};
        told.is_duplicate = flag_of(body, "duplicate").value_or(false);
        return true;
      case answer::kind::joined:
        told.at = position_of(body, "start");
        told.head = position_of(body, "head");
        told.recovered = flag_of(body, "recovered");
        return true;
      case answer::kind::live:
      case answer::kind::catching_up: told.at = position_of(body, "at"); return true;
      case answer::kind::gap:
        told.from = number_of(body, "from");
        told.at = position_of(body, "to");
        told.reason = reason_of(text_of(body, "reason"));
        return true;
      case answer::kind::batch: return read_batch(body, told);
      case answer::kind::connected:
      case answer::kind::left:
      case answer::kind::error:
      case answer::kind::other: return true;
    }
    return false;
  }

  bool read_batch(const json::object& body, answer& told) {
    const auto* list = body.if_contains("events");
    if (list == nullptr || !list->is_array()) return false;
    events_.clear();
    for (const auto& one : list->get_array()) {
      if (!one.is_object()) return false;
      events_.push_back(event_of(one.get_object()));
    }
    told.from = number_of(body, "prev");
    told.is_history = text_of(body, "phase") != "live";
    told.events = events_;
    return true;
  }

  plain_json plain_;
  std::vector<seen_event> events_;
  unsigned char buffer_[16 * 1024];
};

}  // namespace

std::unique_ptr<answer_reader> make_json_reader() { return std::make_unique<json_reader>(); }

}  // namespace parley::load
