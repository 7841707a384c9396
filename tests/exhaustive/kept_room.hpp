#pragma once

#include "actors/core/room_log.hpp"

#include <memory>
#include <utility>
#include <variant>
#include <vector>

namespace parley::exhaustive {

/// A room log that can be copied: it does again what it was told. A room's life in a small world is a few words long.
class kept_room {
public:
  kept_room(room_ref room, room_head head, room_log_options options)
      : room_(std::move(room)), head_(head), options_(options), log_(begun()) {}
  kept_room(const kept_room& other)
      : room_(other.room_), head_(other.head_), options_(other.options_), told_(other.told_), log_(begun()) {
    for (const auto& word : told_) (void)std::visit([&](const auto& w) { return tell(w), 0; }, word);
  }
  kept_room(kept_room&&) = default;
  kept_room& operator=(const kept_room&) = delete;

  room_log::decision publish(const room_log::asker& from, std::shared_ptr<const draft> what, instant now) {
    told_.push_back(asked{from, std::move(what), now});
    return tell(std::get<asked>(told_.back()));
  }
  std::vector<room_log::answer> ended(const write_outcome& how, instant now) {
    told_.push_back(ended_write{how, now});
    return tell(std::get<ended_write>(told_.back()));
  }
  void heard_failures(failure_count so_far) {
    told_.push_back(so_far);
    (void)tell(so_far);
  }
  /// Its last word.
  std::vector<room_log::answer> abandon() { return log_->abandon(); }

  const room_log* operator->() const { return log_.get(); }

private:
  struct asked {
    room_log::asker from;
    std::shared_ptr<const draft> what;
    instant now;
  };
  struct ended_write {
    write_outcome how;
    instant now;
  };

  std::unique_ptr<room_log> begun() const { return std::make_unique<room_log>(room_, head_, options_); }
  room_log::decision tell(const asked& a) { return log_->publish(a.from, a.what, a.now); }
  std::vector<room_log::answer> tell(failure_count so_far) {
    log_->heard_failures(so_far);
    return {};
  }
  std::vector<room_log::answer> tell(const ended_write& e) { return log_->ended(e.how, e.now); }

  room_ref room_;
  room_head head_;
  room_log_options options_;
  std::vector<std::variant<asked, ended_write, failure_count>> told_;
  std::unique_ptr<room_log> log_;
};

}  // namespace parley::exhaustive
