#pragma once

#include "actors/core/ids.hpp"
#include "actors/core/time.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace parley {

/// Who owns a shard, as far as this node knows: by the word of its own shard actor, by surveys of the shard's row, and
/// by places that take no writes any more. Sans-I/O; one for each shard, a part of route_book.
class shard_owner {
public:
  struct place {
    std::string owner;  ///< an incarnation
    parley::term under;

    friend bool operator==(const place&, const place&) = default;
  };

  /// The latest place heard of: of use while `is_known`.
  const place& latest() const { return latest_; }
  /// As far as is known, the latest place takes writes.
  bool is_known() const { return !latest_.owner.empty() && !is_over(latest_.under); }
  bool is_at(const std::string& owner) const { return is_known() && latest_.owner == owner; }
  /// No place takes writes under this term any more.
  bool is_over(term under) const { return under <= over_; }

  /// This node's shard actor takes writes. Its word is the newest there is: in another history of the database a later
  /// term may be a smaller number.
  void opened_here(const std::string& self, term under) {
    if (is_over(under)) over_ = before(under);
    latest_ = {self, under};
  }
  void ended(term under) { over_ = std::max(over_, under); }

  /// A survey saw the row of another node. Older news than what is known changes nothing; but surveys follow each
  /// other, so what they repeat for `insist` is no old news: the database lost the later claim with its newest commits,
  /// and its terms began lower again (C7). @returns whether this is the latest place now
  bool seen(place row, const std::string& self, instant now, milliseconds insist) {
    if (is_over(row.under) || row.under <= latest_.under) {
      if (!is_insisted(row, self, now, insist)) return false;
      over_ = before(row.under);
    }
    insisting_.reset();
    latest_ = std::move(row);
    return true;
  }

private:
  struct insisting_row {
    place of;
    instant since;
  };

  static term before(term t) { return term{t.value - 1}; }

  bool is_insisted(const place& row, const std::string& self, instant now, milliseconds insist) {
    // Whether a shard is open here is its actor's word, not the row's.
    if ((is_known() && row == latest_) || is_at(self)) {
      insisting_.reset();
      return false;
    }
    if (!insisting_ || insisting_->of != row) insisting_ = insisting_row{row, now};
    return now - insisting_->since >= insist;
  }

  place latest_;
  term over_;
  std::optional<insisting_row> insisting_;  ///< that surveys show since then, against what is known
};

}  // namespace parley
