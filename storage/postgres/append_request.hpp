#pragma once

#include "actors/core/batches.hpp"
#include "actors/core/result.hpp"
#include "storage/postgres/exchange.hpp"

#include <vector>

namespace parley::postgres {

/// One append: its statements, and what their answers mean. A pure function of the batch, so that it is built on the
/// caller's thread.
class append_request {
public:
  /// @returns `room_forked` for a batch that cannot be one: numbers that do not follow, events of another term
  static result<append_request> of(const append_batch& batch, milliseconds dedup_window, bool is_checked,
                                   milliseconds trial_lock_timeout);

  /// The same for each attempt.
  std::vector<command> commands() const;
  std::vector<shard_verdict> verdicts_of(const std::vector<rows>& answers) const {
    return verdicts(answers.at(patience_.size()));
  }
  /// What looks up the keys after the server refused one: the ended ones go first.
  std::vector<command> key_commands() const;
  std::size_t events() const { return events_; }
  bool has_keys() const { return has_keys_; }

  static std::vector<shard_verdict> verdicts(const rows& answer);
  static std::vector<stored_key> keys(const rows& answer);

private:
  std::vector<command> commands_;
  std::vector<command> patience_;  ///< sent ahead of the others; none: the connection's own
  std::size_t events_ = 0;
  bool has_keys_ = false;
};

}  // namespace parley::postgres
