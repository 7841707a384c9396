#include "tests/checker/read_history.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <charconv>
#include <istream>
#include <sstream>
#include <unordered_map>

namespace parley::checker {

namespace json = boost::json;

namespace {

struct wrong {
  std::string what;
};

constexpr std::uint64_t number_max = std::uint64_t{1} << 53;

/// A record's fields. What the recorder wrote must be right; what a server told may be anything, and is kept as
/// `no_number` where it is no number, for the rules to find.
class fields {
public:
  explicit fields(const json::object& object) : object_(object) {}

  const json::value* find(std::string_view name) const {
    const auto* found = object_.if_contains(name);
    return found && !found->is_null() ? found : nullptr;
  }
  const json::value& need(std::string_view name) const {
    if (const auto* found = find(name)) return *found;
    throw wrong{"no \"" + std::string{name} + "\""};
  }
  std::string_view text(std::string_view name) const { return as_text(need(name), name); }
  std::string_view text_or(std::string_view name, std::string_view otherwise) const {
    const auto* found = find(name);
    return found ? as_text(*found, name) : otherwise;
  }
  std::uint64_t number(std::string_view name) const {
    const auto result = told(&need(name));
    if (result == no_number) throw wrong{"\"" + std::string{name} + "\" is no number of 0 to 2^53"};
    return result;
  }
  std::uint64_t number_or(std::string_view name, std::uint64_t otherwise) const {
    return find(name) ? number(name) : otherwise;
  }
  std::uint64_t told(std::string_view name) const { return told(find(name)); }
  bool flag_or(std::string_view name, bool otherwise) const {
    const auto* found = find(name);
    if (!found) return otherwise;
    if (!found->is_bool()) throw wrong{"\"" + std::string{name} + "\" is no boolean"};
    return found->get_bool();
  }
  std::uint64_t hash(std::string_view name) const { return as_hash(need(name)); }
  std::uint64_t hash_or_none(std::string_view name) const { return find(name) ? as_hash(*find(name)) : 0; }
  position at(std::string_view name) const { return as_position(need(name), name); }
  std::optional<position> at_or_none(std::string_view name) const {
    if (!find(name)) return std::nullopt;
    return as_position(*find(name), name);
  }
  const json::array& list(std::string_view name) const {
    if (const auto* found = need(name).if_array()) return *found;
    throw wrong{"\"" + std::string{name} + "\" is no array"};
  }

  static std::uint64_t told(const json::value* found) {
    if (!found) return no_number;
    if (const auto* n = found->if_int64(); n && *n >= 0 && static_cast<std::uint64_t>(*n) <= number_max)
      return static_cast<std::uint64_t>(*n);
    return no_number;
  }
  static std::uint64_t as_hash(const json::value& found) {
    const auto* text = found.if_string();
    std::uint64_t hash = 0;
    if (text && !text->empty()) {
      const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), hash, 16);
      if (error == std::errc{} && end == text->data() + text->size()) return hash;
    }
    throw wrong{"a hash is not 1 to 16 hexadecimal digits"};
  }

private:
  static std::string_view as_text(const json::value& found, std::string_view name) {
    if (const auto* text = found.if_string()) return {text->data(), text->size()};
    throw wrong{"\"" + std::string{name} + "\" is no string"};
  }
  static position as_position(const json::value& found, std::string_view name) {
    const auto* pair = found.if_array();
    if (!pair || pair->size() != 2) throw wrong{"\"" + std::string{name} + "\" is no [term, seq]"};
    return {told(&(*pair)[0]), told(&(*pair)[1])};
  }

  const json::object& object_;
};

phase phase_of(std::string_view text) {
  if (text == "ok") return phase::ok;
  if (text == "fail") return phase::fail;
  if (text == "info") return phase::info;
  throw wrong{"phase \"" + std::string{text} + "\" is none of invoke, ok, fail, info"};
}

event_kind kind_of(std::string_view text) {
  if (text == "created") return event_kind::created;
  if (text == "updated") return event_kind::updated;
  return text == "deleted" ? event_kind::deleted : event_kind::other;
}

gap_reason reason_of(std::string_view text) {
  if (text == "retention") return gap_reason::retention;
  if (text == "jump") return gap_reason::jump;
  return text == "reset" ? gap_reason::reset : gap_reason::other;
}

std::uint32_t small(std::uint64_t number) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(number, UINT32_MAX));
}

class reader {
public:
  void take(std::string_view line) {
    boost::system::error_code error;
    const auto value = json::parse({line.data(), line.size()}, error);
    if (error) throw wrong{"not JSON: " + error.message()};
    const auto* object = value.if_object();
    if (!object) throw wrong{"not a JSON object"};
    const fields record{*object};
    const auto ns = record.number("ns");
    if (ns < last_ns_) throw wrong{"time runs backwards"};
    last_ns_ = ns;
    for (const auto& [op, read] : operations)
      if (op == record.text("op")) return out_.add(ns, (this->*read)(record));
    throw wrong{"unknown op \"" + std::string{record.text("op")} + "\""};
  }

  history result() && { return std::move(out_); }

private:
  happening publish(const fields& it) {
    const auto number = it.number("attempt");
    if (it.text("phase") == "invoke") {
      const auto [known, is_new] = attempts_.try_emplace(number, attempt_id::none);
      if (!is_new) throw wrong{"attempt " + std::to_string(number) + " is asked for twice"};
      known->second = out_.new_attempt();
      const auto room = out_.room(it.text("room"));
      const auto sender = out_.name(it.text("sender"));
      return publish_asked{known->second,
                           room,
                           out_.name(it.text("session")),
                           sender,
                           out_.key(room, sender, it.text_or("key", "")),
                           it.hash("hash"),
                           it.hash_or_none("body"),
                           it.number_or("target", 0),
                           kind_of(it.text_or("kind", "created"))};
    }
    const auto known = attempts_.find(number);
    if (known == attempts_.end())
      throw wrong{"an answer to attempt " + std::to_string(number) + ", which nobody has asked for"};
    const auto outcome = phase_of(it.text("phase"));
    const auto at = outcome == phase::ok ? position{it.told("term"), it.told("seq")} : position{};
    return publish_ended{known->second, outcome, it.flag_or("duplicate", false), out_.name(it.text_or("error", "")),
                         at};
  }

  happening join(const fields& it) {
    if (it.text("phase") != "invoke") {
      const auto outcome = phase_of(it.text("phase"));
      join_ended end{stream(it), outcome, std::nullopt, out_.name(it.text_or("error", "")), {}, {}};
      if (outcome != phase::ok) return end;
      if (it.find("recovered")) end.recovered = it.flag_or("recovered", false);
      end.head = it.at("head");
      end.start = it.at("start");
      return end;
    }
    const std::string name{it.text("stream")};
    const auto [known, is_new] = streams_.try_emplace(name, stream_id::none);
    if (!is_new) throw wrong{"stream " + name + " is asked for twice"};
    known->second = out_.new_stream(name);
    const auto on_gap = it.text_or("on_gap", "fill");
    return join_asked{known->second,
                      out_.room(it.text("room")),
                      out_.name(it.text("reader")),
                      it.at_or_none("since"),
                      small(it.number_or("rewind", 0)),
                      small(it.number_or("max", 100)),
                      on_gap == "jump" ? gap_wish::jump : gap_wish::fill};
  }

  happening push(const fields& it) {
    const auto kind = it.text("kind");
    const bool is_of_stream = kind == "batch" || kind == "gap" || kind == "live" || kind == "catching_up";
    if (!is_of_stream) return other_pushed{it.find("stream") ? stream(it) : stream_id::none, out_.name(kind)};
    const auto to = stream(it);
    if (kind == "live") return live_pushed{to, it.at("at")};
    if (kind == "catching_up") return catching_up_pushed{to, it.at("at")};
    if (kind == "gap") return gap_pushed{to, reason_of(it.text_or("reason", "")), it.told("from"), it.at("to")};
    const auto phase = it.text_or("phase", "");
    std::vector<event> events;
    for (const auto& value : it.list("events")) events.push_back(shown(value));
    return batch_pushed{to,
                        phase == "live"      ? stream_phase::live
                        : phase == "history" ? stream_phase::history
                                             : stream_phase::other,
                        it.told("prev"), out_.keep(std::span<const event>{events})};
  }

  /// [seq, term, hash, version, deleted] or those and kind, target, body.
  static event shown(const json::value& value) {
    const auto* list = value.if_array();
    if (!list || (list->size() != 5 && list->size() != 8) || !(*list)[4].is_bool())
      throw wrong{"an event is no [seq, term, hash, version, deleted] nor those and kind, target, body"};
    const auto& of = *list;
    event result{fields::told(&of[0]),        fields::told(&of[1]), fields::as_hash(of[2]), 0, 0,
                 small(fields::told(&of[3])), event_kind::created,  of[4].get_bool()};
    if (of.size() == 5) return result;
    if (!of[5].is_string()) throw wrong{"an event's kind is no string"};
    result.kind = kind_of({of[5].get_string().data(), of[5].get_string().size()});
    result.target = of[6].is_null() ? 0 : fields::told(&of[6]);
    result.body = of[7].is_null() ? 0 : fields::as_hash(of[7]);
    return result;
  }

  happening stored_room(const fields& it) {
    stored room{out_.room(it.text("room")),
                it.at("head"),
                it.at_or_none("floor").value_or(position{}),
                it.flag_or("others", false),
                {}};
    std::vector<row> rows;
    for (const auto& value : it.list("events")) {
      const auto* object = value.if_object();
      if (!object) throw wrong{"a stored event is no object"};
      const fields of{*object};
      row one;
      one.seq = of.told("seq");
      one.term = of.told("term");
      one.content = of.hash("hash");
      one.body = of.hash_or_none("body");
      one.target = of.number_or("target", 0);
      one.version = small(of.told("version"));
      one.kind = kind_of(of.text_or("kind", "created"));
      one.deleted = of.flag_or("deleted", false);
      one.sender = out_.name(of.text_or("sender", ""));
      one.key = out_.key(room.room, one.sender, of.text_or("key", ""));
      rows.push_back(one);
    }
    room.rows = out_.keep(std::span<const row>{rows});
    return room;
  }

  happening stray_push(const fields& it) {
    return stray{out_.room(it.text_or("room", "")), out_.name(it.text_or("session", "")),
                 out_.name(it.text_or("kind", ""))};
  }
  happening cut_stream(const fields& it) { return cut{stream(it)}; }
  happening settled_stream(const fields& it) { return settled{it.find("stream") ? stream(it) : stream_id::none}; }
  happening healed_run(const fields&) { return healed{}; }
  happening a_fault(const fields& it) {
    const auto phase = it.text_or("phase", "begin");
    if (phase != "begin" && phase != "end") throw wrong{"a fault's phase is begin or end"};
    return fault{out_.name(it.text("fault")), phase == "begin"};
  }
  happening lost(const fields& it) {
    return lost_tail{out_.room(it.text_or("room", "")), it.at_or_none("after"), it.at_or_none("last")};
  }
  happening owner(const fields& it) {
    return owned{out_.name(it.text("shard")), out_.name(it.text("node")), it.number("term")};
  }
  happening planted(const fields& it) { return canary{out_.name(it.text("word")), out_.room(it.text("room"))}; }
  happening seen(const fields& it) {
    return canary_seen{out_.name(it.text("word")), out_.name(it.text_or("reader", "")),
                       out_.name(it.text_or("instance", ""))};
  }
  happening right(const fields& it) {
    return access{out_.name(it.text("reader")), out_.room(it.text("room")), it.flag_or("may", true),
                  it.number_or("after", 0)};
  }
  happening resource_limit(const fields& it) {
    return limit{out_.name(it.text_or("node", "")), out_.name(it.text("resource")), it.number("most")};
  }
  happening resource_use(const fields& it) {
    return used{out_.name(it.text_or("node", "")), out_.name(it.text("resource")), it.number("amount")};
  }
  happening count(const fields& it) { return counted{out_.name(it.text("what")), it.number("times")}; }
  happening least(const fields& it) { return minimum{out_.name(it.text("what")), it.number("least")}; }

  stream_id stream(const fields& it) const {
    const std::string name{it.text("stream")};
    const auto known = streams_.find(name);
    if (known == streams_.end()) throw wrong{"stream " + name + " was never asked for"};
    return known->second;
  }

  using operation = happening (reader::*)(const fields&);
  static constexpr std::pair<std::string_view, operation> operations[] = {
      {"publish", &reader::publish},   {"join", &reader::join},      {"push", &reader::push},
      {"stray", &reader::stray_push},  {"cut", &reader::cut_stream}, {"settled", &reader::settled_stream},
      {"healed", &reader::healed_run}, {"fault", &reader::a_fault},  {"stored", &reader::stored_room},
      {"lost_tail", &reader::lost},    {"owner", &reader::owner},    {"canary", &reader::planted},
      {"canary_seen", &reader::seen},  {"access", &reader::right},   {"limit", &reader::resource_limit},
      {"used", &reader::resource_use}, {"count", &reader::count},    {"minimum", &reader::least}};

  history out_;
  std::uint64_t last_ns_ = 0;
  std::unordered_map<std::uint64_t, attempt_id> attempts_;
  std::unordered_map<std::string, stream_id> streams_;
};

}  // namespace

boost::system::result<history, bad_line> read_history(std::istream& lines) {
  reader read;
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    if (line.empty()) continue;
    try {
      read.take(line);
    } catch (const wrong& mistake) {
      return bad_line{number, mistake.what};
    }
  }
  return std::move(read).result();
}

boost::system::result<history, bad_line> read_history(std::string_view text) {
  std::istringstream lines{std::string{text}};
  return read_history(lines);
}

}  // namespace parley::checker
