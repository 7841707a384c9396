#include "tests/checker/describe.hpp"

#include "tests/checker/findings.hpp"

#include <algorithm>
#include <cstdio>

namespace parley::checker {

namespace {

std::string hex(std::uint64_t hash) {
  char out[17];
  std::snprintf(out, sizeof out, "%016llx", static_cast<unsigned long long>(hash));
  return out;
}

const char* name_of(phase p) { return p == phase::ok ? "ok" : p == phase::fail ? "refused" : "left open"; }
const char* name_of(stream_phase p) {
  return p == stream_phase::live ? "live" : p == stream_phase::history ? "history" : "of no known phase";
}
const char* name_of(gap_reason r) {
  static const char* const names[] = {"retention", "jump", "reset", "of no known reason"};
  return names[at(r)];
}
const char* name_of(event_kind k) {
  static const char* const names[] = {"created", "updated", "deleted", "other"};
  return names[at(k)];
}

/// Each record as a sentence without an end. Who answers is named by whom it answers: the sentence stands alone.
class teller {
public:
  explicit teller(const history& what_happened) : history_(what_happened) {}

  std::string operator()(const publish_asked& it) const {
    std::string said = name(it.session) + " asks to publish " + key(it.key) + " (attempt " + number(it.attempt) +
                       ", content " + hex(it.content) + ")";
    if (it.kind != event_kind::created)
      said += std::string{", "} + name_of(it.kind) + " of " + checker::text(it.target);
    return said;
  }
  std::string operator()(const publish_ended& it) const {
    const auto attempt = "attempt " + number(it.attempt) + " is ";
    if (it.outcome != phase::ok) return attempt + name_of(it.outcome) + ": " + name(it.error);
    return attempt + "acknowledged: seq " + checker::text(it.at.seq) + " in term " + checker::text(it.at.term) +
           (it.duplicate ? ", a duplicate" : "");
  }
  std::string operator()(const join_asked& it) const {
    std::string said = name(it.reader) + " asks to join " + stream(it.stream);
    if (!it.since) return said + ", the newest " + std::to_string(it.rewind);
    return said + " since " + checker::text(*it.since) +
           (it.on_gap == gap_wish::jump ? ", to jump over more than " + std::to_string(it.max) : "");
  }
  std::string operator()(const join_ended& it) const {
    if (it.outcome != phase::ok)
      return "join of " + stream(it.stream) + " is " + name_of(it.outcome) + ": " + name(it.error);
    std::string said =
        stream(it.stream) + " has joined: starts after " + checker::text(it.start) + ", head " + checker::text(it.head);
    return it.recovered ? said + (*it.recovered ? ", recovered" : ", not recovered") : said;
  }
  std::string operator()(const batch_pushed& it) const {
    const auto events = history_.events(it.events);
    std::string said =
        stream(it.stream) + " gets a batch after " + checker::text(it.prev) + ", " + name_of(it.phase) + ": ";
    if (events.empty()) return said + "no event";
    said += std::to_string(events.size()) + (events.size() == 1 ? " event, " : " events, ") +
            checker::text(events.front().seq);
    return events.size() == 1 ? said : said + " to " + checker::text(events.back().seq);
  }
  std::string operator()(const live_pushed& it) const {
    return stream(it.stream) + " is told it is live at " + checker::text(it.at);
  }
  std::string operator()(const catching_up_pushed& it) const {
    return stream(it.stream) + " is told it is catching up from " + checker::text(it.at);
  }
  std::string operator()(const gap_pushed& it) const {
    return stream(it.stream) + " gets a gap from " + checker::text(it.from) + " to " + checker::text(it.to) + ", " +
           name_of(it.reason);
  }
  std::string operator()(const other_pushed& it) const { return "a push: " + name(it.kind); }
  std::string operator()(const stray& it) const {
    return name(it.session) + " gets a " + name(it.kind) + " of no stream";
  }
  std::string operator()(const cut& it) const { return stream(it.stream) + " ends"; }
  std::string operator()(const settled& it) const {
    return (it.stream == stream_id::none ? "every open stream" : stream(it.stream)) + " has had its time";
  }
  std::string operator()(const healed&) const { return "all faults are over"; }
  std::string operator()(const fault& it) const { return name(it.name) + (it.begins ? " begins" : " ends"); }
  std::string operator()(const stored& it) const {
    return "the room is read back: " + std::to_string(it.rows.count) + " events, head " + checker::text(it.head) +
           (it.floor.seq ? ", floor " + checker::text(it.floor) : "");
  }
  std::string operator()(const lost_tail& it) const {
    return "a database has lost its tail" + (it.after ? " after " + checker::text(*it.after) : std::string{}) +
           (it.last ? " up to " + checker::text(*it.last) : std::string{});
  }
  std::string operator()(const owned& it) const {
    return name(it.node) + " owns shard " + name(it.shard) + " in term " + checker::text(it.term);
  }
  std::string operator()(const canary& it) const { return "canary " + name(it.word) + " is planted"; }
  std::string operator()(const canary_seen& it) const {
    return name(it.reader) + " of instance '" + std::string{history_.text(it.instance)} + "' sees canary " +
           name(it.word);
  }
  std::string operator()(const access& it) const {
    return name(it.reader) + (it.may ? " may see the room" : " may see nothing after " + checker::text(it.after));
  }
  std::string operator()(const limit& it) const {
    return "at most " + checker::text(it.most) + " " + name(it.resource);
  }
  std::string operator()(const used& it) const {
    return name(it.node) + " uses " + checker::text(it.amount) + " " + name(it.resource);
  }
  std::string operator()(const counted& it) const { return checker::text(it.times) + " " + name(it.what); }
  std::string operator()(const minimum& it) const {
    return "at least " + checker::text(it.least) + " " + name(it.what) + " are due";
  }

  std::string shown(const event& it) const {
    std::string said = "seq " + checker::text(it.seq) + " in term " + checker::text(it.term) + ", ";
    if (it.kind != event_kind::created)
      said += std::string{name_of(it.kind)} + " of " + checker::text(it.target) + ", ";
    if (it.version > 1) said += "version " + std::to_string(it.version) + ", ";
    return said + (it.deleted ? "deleted, " : "") + "content " + hex(it.content);
  }
  std::string kept(const row& it) const {
    return "stored: " + shown(it) + ", " + key(it.key) + " of " + name(it.sender);
  }
  std::string stream(stream_id id) const {
    const auto name = history_.text(id);
    return name.empty() ? "stream " + std::to_string(at(id)) : "stream " + std::string{name};
  }

private:
  static std::string number(attempt_id id) { return std::to_string(at(id)); }
  std::string name(name_id id) const { return id == name_id::none ? "somebody" : std::string{history_.text(id)}; }
  std::string key(key_id id) const { return id == key_id::none ? "without a key" : std::string{history_.text(id)}; }

  const history& history_;
};

bool is_smaller(const finding& one, const finding& other) {
  return one.shown_by.size() != other.shown_by.size() ? one.shown_by.size() < other.shown_by.size()
                                                      : one.what.size() < other.what.size();
}

const char* name_of(outcome reached) {
  switch (reached) {
    case outcome::valid: return "valid";
    case outcome::invalid: return "invalid";
    case outcome::unknown: return "unknown";
    case outcome::malformed: return "malformed";
  }
  return "";
}

}  // namespace

std::string describe(const history& what_happened, evidence shown) {
  const teller tell{what_happened};
  const auto& record = what_happened.records()[shown.record];
  char where[64];
  const auto ns = record.ns - what_happened.records().front().ns;
  std::snprintf(where, sizeof where, "#%-5u +%llu.%09llu s  ", shown.record + 1,
                static_cast<unsigned long long>(ns / 1'000'000'000),
                static_cast<unsigned long long>(ns % 1'000'000'000));
  if (shown.item == evidence::whole) return where + std::visit(tell, record.what);
  if (const auto* room = std::get_if<stored>(&record.what))
    return where + tell.kept(what_happened.rows(room->rows)[shown.item]);
  const auto& batch = std::get<batch_pushed>(record.what);
  return where + tell.stream(batch.stream) + " is shown " + tell.shown(what_happened.events(batch.events)[shown.item]);
}

std::string describe(const history& what_happened, const finding& found) {
  std::string text = "R" + std::to_string(found.rule) + " broken";
  if (found.room != room_id::none) text += " in " + std::string{what_happened.text(found.room)};
  text += ": " + found.what;
  for (const auto& shown : found.shown_by) text += "\n    " + describe(what_happened, shown);
  return text;
}

std::string describe(const history& what_happened, const verdict& reached, bool all) {
  std::string text = std::string{"verdict: "} + name_of(reached.outcome) + "\n";
  for (const auto broken : reached.rules_broken()) {
    std::vector<const finding*> kept;
    for (const auto& one : reached.findings)
      if (one.rule == broken) kept.push_back(&one);
    if (!all && !kept.empty())
      kept = {*std::min_element(kept.begin(), kept.end(), [](auto* a, auto* b) { return is_smaller(*a, *b); })};
    for (const auto* one : kept) text += describe(what_happened, *one) + "\n";
    if (const auto more = reached.found[at(broken)] - kept.size(); more > 0)
      text += "    ... and " + std::to_string(more) + " more of R" + std::to_string(broken) + "\n";
  }
  for (const auto& what : reached.missing)
    text += (reached.outcome == outcome::malformed ? "the history contradicts itself: " : "too little happened: ") +
            what + "\n";
  std::string counts;
  for (const auto& [what, times] : reached.counts)
    if (times > 0) counts += (counts.empty() ? "" : ", ") + std::to_string(times) + " " + what;
  return counts.empty() ? text : text + "counted: " + counts + "\n";
}

}  // namespace parley::checker
