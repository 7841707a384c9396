#include "tests/checker/read_history.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>
#include <ostream>

namespace parley::checker {

namespace json = boost::json;

namespace {

json::string json_hex(std::uint64_t hash) {
  char out[17];
  std::snprintf(out, sizeof out, "%016llx", static_cast<unsigned long long>(hash));
  return json::string{out};
}

/// What a server did not tell is null again.
json::value number(std::uint64_t n) { return n == no_number ? json::value{} : json::value(n); }
json::array pair(position at) { return {number(at.term), number(at.seq)}; }
const char* word_of(phase p) { return p == phase::ok ? "ok" : p == phase::fail ? "fail" : "info"; }
const char* word_of(event_kind k) {
  static const char* const names[] = {"created", "updated", "deleted", "other"};
  return names[static_cast<std::size_t>(k)];
}
bool is_plain(const event& it) {
  return it.kind == event_kind::created && it.version <= 1 && it.target == 0 && it.body == 0;
}

/// The object of each record, with its `op` first.
class writer {
public:
  explicit writer(const history& what_happened) : history_(what_happened) {}

  json::object operator()(const publish_asked& it) const {
    json::object out{{"op", "publish"},           {"phase", "invoke"},
                     {"attempt", id(it.attempt)}, {"session", text(it.session)},
                     {"sender", text(it.sender)}, {"room", text(it.room)},
                     {"key", key(it.key)},        {"hash", json_hex(it.content)}};
    if (it.body) out["body"] = json_hex(it.body);
    if (it.target) out["target"] = it.target;
    if (it.kind != event_kind::created) out["kind"] = word_of(it.kind);
    return out;
  }
  json::object operator()(const publish_ended& it) const {
    json::object out{{"op", "publish"}, {"phase", word_of(it.outcome)}, {"attempt", id(it.attempt)}};
    if (it.outcome != phase::ok) {
      out["error"] = text(it.error);
      return out;
    }
    out["seq"] = number(it.at.seq);
    out["term"] = number(it.at.term);
    out["duplicate"] = it.duplicate;
    return out;
  }
  json::object operator()(const join_asked& it) const {
    json::object out{{"op", "join"},
                     {"phase", "invoke"},
                     {"stream", stream(it.stream)},
                     {"reader", text(it.reader)},
                     {"room", text(it.room)},
                     {"rewind", it.rewind},
                     {"max", it.max},
                     {"on_gap", it.on_gap == gap_wish::jump ? "jump" : "fill"}};
    if (it.since) out["since"] = pair(*it.since);
    return out;
  }
  json::object operator()(const join_ended& it) const {
    json::object out{{"op", "join"}, {"phase", word_of(it.outcome)}, {"stream", stream(it.stream)}};
    if (it.outcome != phase::ok) {
      out["error"] = text(it.error);
      return out;
    }
    out["head"] = pair(it.head);
    out["start"] = pair(it.start);
    out["recovered"] = it.recovered ? json::value(*it.recovered) : json::value{};
    return out;
  }
  json::object operator()(const batch_pushed& it) const {
    json::array events;
    for (const auto& one : history_.events(it.events)) {
      json::array shown{number(one.seq), number(one.term), json_hex(one.content), one.version, one.deleted};
      if (!is_plain(one)) {
        shown.emplace_back(word_of(one.kind));
        shown.emplace_back(number(one.target));
        shown.emplace_back(one.body ? json::value(json_hex(one.body)) : json::value{});
      }
      events.push_back(std::move(shown));
    }
    const char* const phase = it.phase == stream_phase::live      ? "live"
                              : it.phase == stream_phase::history ? "history"
                                                                  : "other";
    return {{"op", "push"},
            {"kind", "batch"},
            {"stream", stream(it.stream)},
            {"prev", number(it.prev)},
            {"phase", phase},
            {"events", std::move(events)}};
  }
  json::object operator()(const live_pushed& it) const {
    return {{"op", "push"}, {"kind", "live"}, {"stream", stream(it.stream)}, {"at", pair(it.at)}};
  }
  json::object operator()(const catching_up_pushed& it) const {
    return {{"op", "push"}, {"kind", "catching_up"}, {"stream", stream(it.stream)}, {"at", pair(it.at)}};
  }
  json::object operator()(const gap_pushed& it) const {
    static const char* const reasons[] = {"retention", "jump", "reset", "other"};
    return {{"op", "push"},
            {"kind", "gap"},
            {"stream", stream(it.stream)},
            {"from", number(it.from)},
            {"to", pair(it.to)},
            {"reason", reasons[static_cast<std::size_t>(it.reason)]}};
  }
  json::object operator()(const other_pushed& it) const {
    return {{"op", "push"},
            {"kind", text(it.kind)},
            {"stream", it.stream == stream_id::none ? json::value{} : json::value(stream(it.stream))}};
  }
  json::object operator()(const stray& it) const {
    return {{"op", "stray"}, {"session", text(it.session)}, {"kind", text(it.kind)}, {"room", text(it.room)}};
  }
  json::object operator()(const cut& it) const { return {{"op", "cut"}, {"stream", stream(it.stream)}}; }
  json::object operator()(const settled& it) const {
    json::object out{{"op", "settled"}};
    if (it.stream != stream_id::none) out["stream"] = stream(it.stream);
    return out;
  }
  json::object operator()(const healed&) const { return {{"op", "healed"}}; }
  json::object operator()(const fault& it) const {
    return {{"op", "fault"}, {"fault", text(it.name)}, {"phase", it.begins ? "begin" : "end"}};
  }
  json::object operator()(const stored& it) const {
    json::array rows;
    for (const auto& one : history_.rows(it.rows)) {
      json::object row{{"seq", number(one.seq)},     {"term", number(one.term)}, {"hash", json_hex(one.content)},
                       {"sender", text(one.sender)}, {"key", key(one.key)},      {"version", one.version},
                       {"deleted", one.deleted}};
      if (!is_plain(one)) {
        row["kind"] = word_of(one.kind);
        row["target"] = number(one.target);
        if (one.body) row["body"] = json_hex(one.body);
      }
      rows.push_back(std::move(row));
    }
    json::object out{{"op", "stored"}, {"room", text(it.room)}, {"head", pair(it.head)}, {"floor", pair(it.floor)}};
    if (it.others) out["others"] = true;
    out["events"] = std::move(rows);
    return out;
  }
  json::object operator()(const lost_tail& it) const {
    json::object out{{"op", "lost_tail"}};
    if (it.room != room_id::none) out["room"] = text(it.room);
    if (it.after) out["after"] = pair(*it.after);
    if (it.last) out["last"] = pair(*it.last);
    return out;
  }
  json::object operator()(const owned& it) const {
    return {{"op", "owner"}, {"shard", text(it.shard)}, {"node", text(it.node)}, {"term", it.term}};
  }
  json::object operator()(const canary& it) const {
    return {{"op", "canary"}, {"word", text(it.word)}, {"room", text(it.room)}};
  }
  json::object operator()(const canary_seen& it) const {
    return {
        {"op", "canary_seen"}, {"word", text(it.word)}, {"reader", text(it.reader)}, {"instance", text(it.instance)}};
  }
  json::object operator()(const access& it) const {
    return {
        {"op", "access"}, {"reader", text(it.reader)}, {"room", text(it.room)}, {"may", it.may}, {"after", it.after}};
  }
  json::object operator()(const limit& it) const {
    return {{"op", "limit"}, {"node", text(it.node)}, {"resource", text(it.resource)}, {"most", it.most}};
  }
  json::object operator()(const used& it) const {
    return {{"op", "used"}, {"node", text(it.node)}, {"resource", text(it.resource)}, {"amount", it.amount}};
  }
  json::object operator()(const counted& it) const {
    return {{"op", "count"}, {"what", text(it.what)}, {"times", it.times}};
  }
  json::object operator()(const minimum& it) const {
    return {{"op", "minimum"}, {"what", text(it.what)}, {"least", it.least}};
  }

private:
  static std::uint32_t id(attempt_id attempt) { return static_cast<std::uint32_t>(attempt); }
  json::string text(auto name) const { return json::string{std::string_view{history_.text(name)}}; }
  json::value key(key_id key) const { return key == key_id::none ? json::value{} : json::value(text(key)); }
  json::string stream(stream_id id) const {
    const auto name = history_.text(id);
    return json::string{name.empty() ? "stream " + std::to_string(static_cast<std::uint32_t>(id)) : std::string{name}};
  }

  const history& history_;
};

}  // namespace

void write_history(const history& what_happened, std::ostream& lines) {
  const writer write{what_happened};
  for (const auto& record : what_happened.records()) {
    json::object line{{"ns", record.ns}};
    for (auto& [name, value] : std::visit(write, record.what)) line.emplace(name, std::move(value));
    lines << json::serialize(line) << '\n';
  }
}

}  // namespace parley::checker
