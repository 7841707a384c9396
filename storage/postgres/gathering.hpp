#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace parley::postgres {

struct gathering_options {
  std::size_t under_way_max = 2;   ///< statements: one that hangs must not hold up all
  std::size_t batch_max = 64;      ///< questions of one statement
  std::size_t waiting_max = 2000;  ///< beyond: refused
  /// After a statement of so many questions the next one waits for `enough` of them, but not for longer than `linger`:
  /// where many come, each statement less is worth more than the wait. A lone question leaves at once.
  std::size_t linger_from = 2;
  std::size_t enough = 16;
  std::chrono::milliseconds linger{2};
};

/// Questions that one statement can answer together: few statements are under way, and what is asked meanwhile goes
/// with the next. A question is sent after it was asked, so that its answer is never older. Sans-I/O.
template <class Question>
class gathering {
public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit gathering(gathering_options options) : options_(options) {}

  /// @returns false: too many wait; it was not taken
  bool ask(Question what, time_point now) {
    if (waiting_.size() >= options_.waiting_max) return false;
    waiting_.push_back({std::move(what), now});
    return true;
  }

  /// What is to be sent now, in the order of asking: then one more statement is under way, until `answered`. Empty:
  /// nothing is.
  std::vector<Question> take(time_point now) {
    if (is_full() || waiting_.empty() || (lingers() && now < *due())) return {};
    auto batch = oldest(options_.batch_max);
    ++under_way_;
    last_count_ = batch.size();
    return batch;
  }
  /// All that waits, to be told that it waits in vain.
  std::vector<Question> give_up() { return oldest(waiting_.size()); }

  void answered() { --under_way_; }

  /// When to `take` although nothing more is asked or answered; nothing: no need.
  std::optional<time_point> due() const {
    if (is_full() || waiting_.empty() || !lingers()) return std::nullopt;
    return waiting_.front().asked_at + options_.linger;
  }

private:
  struct entry {
    Question what;
    time_point asked_at;
  };

  std::vector<Question> oldest(std::size_t count_max) {
    const auto count = std::min(waiting_.size(), count_max);
    std::vector<Question> some;
    some.reserve(count);
    for (std::size_t i = 0; i < count; ++i) some.push_back(std::move(waiting_[i].what));
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
    return some;
  }
  bool is_full() const { return under_way_ == options_.under_way_max; }
  bool lingers() const { return last_count_ >= options_.linger_from && waiting_.size() < options_.enough; }

  gathering_options options_;
  std::deque<entry> waiting_;
  std::size_t last_count_ = 0;
  std::size_t under_way_ = 0;
};

}  // namespace parley::postgres
