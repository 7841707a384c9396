#pragma once

#include "actors/core/envelopes.hpp"
#include "actors/core/event.hpp"
#include "actors/core/heads.hpp"
#include "actors/core/pages.hpp"
#include "actors/core/result.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// What the core tests are given: rooms, positions, events and pages, said in few words.
namespace parley::testing {

using namespace std::chrono_literals;

/// Some moment of the boot clock; tests add to it.
inline const instant noon{std::chrono::hours{12}};
inline const unix_time today{milliseconds{1'764'000'000'000}};

inline room_ref room_named(const std::string& name, std::uint32_t shard = 0) {
  room_key key;
  for (std::size_t i = 0; i < name.size() && i < key.bytes.size(); ++i) {
    key.bytes[i] = static_cast<std::uint8_t>(name[i]);
  }
  return std::make_shared<room_identity>(room_identity{"acme", name, key, shard_id{shard}});
}

inline position at(std::uint64_t t, std::uint64_t s) { return {term{t}, seq{s}}; }
inline room_head head_at(position head, position floor = {}) { return {head, floor}; }
inline shard_mark mark_of(std::uint64_t t, std::uint64_t n) { return {term{t}, attempt{n}}; }

inline event_ptr event_at(std::uint64_t t, std::uint64_t s, const std::string& text = "hello") {
  auto e = std::make_shared<event>();
  e->seq = seq{s};
  e->term = term{t};
  e->sender = "ana";
  e->at = today;
  e->body.text = text;
  e->version = 1;
  return e;
}

/// Events `from` to `to`, both included.
inline event_list events_of(std::uint64_t t, std::uint64_t from, std::uint64_t to) {
  event_list events;
  for (auto s = from; s <= to; ++s) events.push_back(event_at(t, s));
  return events;
}

inline std::vector<std::uint64_t> seqs_of(const event_list& events) {
  std::vector<std::uint64_t> seqs;
  for (const auto& e : events) seqs.push_back(e->seq.value);
  return seqs;
}

inline digest digest_of(std::uint8_t first) {
  digest d{};
  d[0] = first;
  return d;
}

inline std::shared_ptr<draft> draft_of(const std::string& sender, const std::string& client_msg_id = "",
                                       std::uint8_t first = 1) {
  auto d = std::make_shared<draft>();
  d->sender = sender;
  d->client_msg_id = client_msg_id;
  d->body.text = "hello";
  d->digest = digest_of(first);
  return d;
}

/// The first effect of one kind, or null.
template <class Kind, class Effects>
const Kind* find_effect(const Effects& effects) {
  for (const auto& e : effects) {
    if (const auto* found = std::get_if<Kind>(&e)) return found;
  }
  return nullptr;
}

/// The first effect of one kind. Its absence fails the test, not the run.
template <class Kind, class Effects>
const Kind& the_effect(const Effects& effects) {
  const auto* found = find_effect<Kind>(effects);
  if (found == nullptr) throw std::logic_error("an expected effect is missing");
  return *found;
}

template <class Kind, class Effects>
std::size_t count_effects(const Effects& effects) {
  std::size_t count = 0;
  for (const auto& e : effects) count += std::holds_alternative<Kind>(e) ? 1 : 0;
  return count;
}

}  // namespace parley::testing
