#pragma once

#include "actors/core/ids.hpp"
#include "actors/core/peer_items.hpp"
#include "actors/core/time.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley {

struct head_questions_options {
  milliseconds patience{250};        ///< with the owner; then storage is asked, which is slower but always there
  std::size_t waiting_max = 10'000;  ///< more are not asked of other nodes at all
};

/// Questions for a room's head that another node was asked, and who waits for each: until the owner answers, its link
/// breaks, or patience ends. The last two are no answer, and whoever asked goes to storage (design: a join never hangs
/// on one node). Sans-I/O; owned by the router actor.
template <class Asker>
class head_questions {
public:
  explicit head_questions(head_questions_options options = {}) : options_(options) {}

  /// @returns the number to ask `owner` under; nothing: too many wait, ask storage
  std::optional<peer::request_id> ask(Asker from, std::string owner, instant now) {
    if (waiting_.size() >= options_.waiting_max) return std::nullopt;
    waiting_.emplace(++last_, entry{std::move(from), std::move(owner), now + options_.patience});
    return last_;
  }
  /// The owner's word came, or it could not be asked. @returns who asked; nothing: it waits no more
  std::optional<Asker> ended(peer::request_id request) {
    auto found = waiting_.extract(request);
    if (found.empty()) return std::nullopt;
    return std::move(found.mapped().from);
  }
  /// @returns who gets no word from that node any more, oldest first
  std::vector<Asker> link_lost(const std::string& owner) {
    return take([&](const entry& e) { return e.owner == owner; });
  }
  /// @returns who waited long enough, oldest first
  std::vector<Asker> overdue(instant now) {
    return take([&](const entry& e) { return e.until <= now; });
  }
  bool is_empty() const { return waiting_.empty(); }
  void clear() { waiting_.clear(); }

private:
  struct entry {
    Asker from;
    std::string owner;
    instant until;
  };

  template <class Predicate>
  std::vector<Asker> take(Predicate is_over) {
    std::vector<Asker> taken;
    for (auto item = waiting_.begin(); item != waiting_.end();) {
      if (!is_over(item->second)) {
        ++item;
        continue;
      }
      taken.push_back(std::move(item->second.from));
      item = waiting_.erase(item);
    }
    return taken;
  }

  head_questions_options options_;
  std::map<peer::request_id, entry> waiting_;
  peer::request_id last_ = 0;  ///< never used twice: a late word must not answer another question
};

}  // namespace parley
