#include "tests/checker/indexed.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>

namespace parley::checker {

namespace {

using tally = std::map<std::string, std::uint64_t>;

/// What is counted always, in the order of `names`, so that no map is asked for each record.
template <std::size_t N>
void put(tally& counts, const std::uint64_t (&numbers)[N], const char* const (&names)[N]) {
  for (std::size_t n = 0; n < N; ++n) counts[names[n]] += numbers[n];
}

}  // namespace

void count_publishes(const indexed& all, tally& counts) {
  std::uint64_t rooms = 0, rows = 0, attempts = 0, acks = 0, refused = 0, open = 0, duplicates = 0, resolved = 0,
                moves = 0;
  for (const auto& room : all.rooms) {
    rooms += room.is_used;
    rows += room.rows.size();
    for (std::size_t n = 1; n < room.rows.size(); ++n) moves += room.rows[n].term != room.rows[n - 1].term;
  }
  for (const auto& one : all.attempts) {
    if (!one.asked) continue;
    ++attempts;
    acks += one.outcome() == phase::ok;
    refused += one.outcome() == phase::fail;
    open += one.outcome() == phase::info;
    duplicates += one.outcome() == phase::ok && one.ended->duplicate;
  }
  for (const auto& key : all.keys)  // left open once, and known in the end by a repeat's answer
    resolved += key.first != key.last && all.attempts[key.first].outcome() == phase::info &&
                all.attempts[key.last].outcome() == phase::ok;
  put(counts, {rooms, rows, attempts, acks, refused, open, duplicates, resolved, moves},
      {"rooms", "stored", "attempts", "acks", "refused", "open", "duplicates", "open_resolved", "term_changes"});
}

void count_streams(const indexed& all, tally& counts) {
  std::uint64_t joins = 0, failed = 0, resumes = 0, cuts = 0, settled = 0, delivered = 0, live = 0, at_live = 0,
                behind = 0;
  std::set<std::pair<name_id, room_id>> readers;
  for (const auto& one : all.streams) {
    if (!one.asked) continue;
    joins += one.joined != nullptr;
    failed += one.joined == nullptr;
    resumes += one.joined && !readers.insert({one.asked->reader, one.asked->room}).second;
    cuts += one.is_cut;
    settled += one.settled_at != nowhere;
  }
  static const char* const reasons[] = {"gap:retention", "gap:jump", "gap:reset", "gap:other"};
  for (const auto& record : all.history.records()) {
    if (const auto* batch = std::get_if<batch_pushed>(&record.what)) {
      delivered += batch->events.count;
      at_live += batch->phase == stream_phase::live ? batch->events.count : 0;
    }
    live += std::holds_alternative<live_pushed>(record.what);
    behind += std::holds_alternative<catching_up_pushed>(record.what);
    if (const auto* gap = std::get_if<gap_pushed>(&record.what)) ++counts[reasons[at(gap->reason)]];
  }
  put(counts, {joins, failed, resumes, cuts, settled, delivered, at_live, live, behind},
      {"joins", "joins_failed", "resumes", "cuts", "settled", "delivered", "delivered_live", "live", "catching_up"});
}

void count_run(const indexed& all, tally& counts) {
  const auto& history = all.history;
  for (const auto& record : history.records()) {
    if (const auto* one = std::get_if<fault>(&record.what); one && one->begins)
      ++counts["fault:" + std::string{history.text(one->name)}];
    if (const auto* one = std::get_if<counted>(&record.what))
      counts[std::string{history.text(one->what)}] += one->times;
    if (std::holds_alternative<lost_tail>(record.what)) ++counts["lost_tails"];
    if (std::holds_alternative<used>(record.what)) ++counts["resource_samples"];
    if (std::holds_alternative<canary_seen>(record.what)) ++counts["canaries_seen"];
  }
}

}  // namespace parley::checker
