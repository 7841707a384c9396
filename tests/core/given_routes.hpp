#pragma once

#include "actors/core/route_book.hpp"
#include "tests/core/given.hpp"

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace parley::testing {

struct sample_write {
  room_ref room;
  std::shared_ptr<const draft> what;
  struct asker {
    session_id session;
    write_gate::round round = 0;
    std::uint64_t number = 0;
  } from;
};
using book = route_book<sample_write>;

inline const room_ref general = room_named("general");
inline constexpr shard_id shard{0};

/// A book of one shard, and what it asked for, as numbers of writes.
struct route_stage {
  sample_write write_of(std::uint64_t number, const std::string& key = "k", write_gate::round round = 0) {
    return {general, draft_of("ana", key.empty() ? "" : key + std::to_string(number)), {session_id{1}, round, number}};
  }
  void write(std::uint64_t number, const std::string& key = "k", write_gate::round round = 0) {
    book::effects out;
    all.write(write_of(number, key, round), now, out);
    note(std::move(out));
  }
  void seen(const std::string& owner, std::uint64_t under) {
    book::effects out;
    all.owner_seen(shard, owner, term{under}, now, out);
    note(std::move(out));
  }
  void opened(std::uint64_t under) {
    book::effects out;
    all.opened(shard, term{under}, now, out);
    note(std::move(out));
  }
  void flushed(std::uint64_t under) {
    book::effects out;
    all.flushed(shard, term{under}, now, out);
    note(std::move(out));
  }
  void returned(std::uint64_t number, std::uint64_t under, write_gate::round round = 0) {
    book::effects out;
    all.returned(write_of(number, "k", round), term{under}, now, out);
    note(std::move(out));
  }
  void link(const std::string& owner) {
    book::effects out;
    all.link_opened(owner, now, out);
    note(std::move(out));
  }
  void lost(const std::string& owner) {
    book::effects out;
    all.link_lost(owner, now, out);
    note(std::move(out));
  }
  void stored(std::size_t which) {
    book::effects out;
    all.answered(sent.at(which).request, reply::published{}, now, out);
    note(std::move(out));
  }
  void failed(std::size_t which, refusal_code code) {
    book::effects out;
    all.answered(sent.at(which).request, refusal{code, "", {}}, now, out);
    note(std::move(out));
  }
  void not_owner(std::size_t which) {
    book::effects out;
    all.not_owner(sent.at(which).request, now, out);
    note(std::move(out));
  }
  void tick(milliseconds later) {
    now += later;
    book::effects out;
    all.tick(now, out);
    note(std::move(out));
  }
  void note(book::effects out) {
    for (auto& effect : out) {
      if (auto* e = std::get_if<book::to_shard>(&effect)) here.push_back(e->what.from.number);
      if (auto* e = std::get_if<book::to_peer>(&effect)) {
        there.push_back(e->owner + std::to_string(e->what.from.number));
        sent.push_back(std::move(*e));
      }
      if (auto* e = std::get_if<book::answer>(&effect)) {
        const auto* why = std::get_if<refusal>(&e->what);
        answers.push_back({e->to.from.number, why != nullptr ? why->code : refusal_code{}});
      }
      looks += std::holds_alternative<book::look>(effect) ? 1 : 0;
      dials += std::holds_alternative<book::dial>(effect) ? 1 : 0;
    }
  }
  bool is_open_here() { return all.open_here(write_of(99)).has_value(); }

  using numbers = std::vector<std::uint64_t>;
  using names = std::vector<std::string>;
  using words = std::vector<std::pair<std::uint64_t, refusal_code>>;
  route_options options{4, 8, 5000ms, 7000ms};
  instant now = noon;
  book all{"us", 1, options};
  numbers here;
  names there;
  std::vector<book::to_peer> sent;
  words answers;
  int looks = 0, dials = 0;
};

inline constexpr refusal_code fine{};
inline constexpr auto away = refusal_code::unavailable;
inline constexpr auto unknown = refusal_code::outcome_unknown;
using numbers = route_stage::numbers;
using names = route_stage::names;
using words = route_stage::words;

}  // namespace parley::testing
