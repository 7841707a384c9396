#pragma once

#include "actors/core/mutant.hpp"
#include "actors/core/peer_items.hpp"
#include "actors/core/refusal.hpp"
#include "actors/core/replies.hpp"
#include "actors/core/route_options.hpp"
#include "actors/core/shard_owner.hpp"
#include "actors/core/time.hpp"
#include "actors/core/write_gate.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace parley {

/// Where this node's writes go: to its own shard while it is open here, or over a link to the node that owns it. While
/// the owner is unknown or changes, writes wait here, for a bounded time.
///
/// Keeps C16 over a change of owner: writes go to a new place only when every write at the former one has ended, been
/// handed back, or been lost with its link; a place that handed a write back under a term takes none under that term
/// any more (shard_actor keeps that), so that those that come back can go on in their first order. A lost write with a
/// key is sent again; one without is `outcome_unknown`. Sans-I/O; owned by the router.
///
/// `Write` is the shell's: it has `room`, `what` (a draft) and `from` (session, round, number).
template <class Write>
class route_book {
public:
  struct to_shard {
    parley::term under;
    Write what;
  };
  struct to_peer {
    std::string owner;
    peer::request_id request;
    parley::term under;
    Write what;  ///< a copy: the book keeps it until the answer
  };
  struct answer {
    Write to;
    std::variant<reply::published, refusal> what;
  };
  /// Look at the shard's rows soon: somebody waits for its owner.
  struct look {
    shard_id shard;
  };
  /// A link is needed, and is not open.
  struct dial {
    std::string owner;
  };
  using effect = std::variant<to_shard, to_peer, answer, look, dial>;
  using effects = std::vector<effect>;

  route_book(std::string self, std::size_t shards, route_options options = {})
      : self_(std::move(self)), routes_(shards), options_(options) {}

  /// The common case, without effects: the shard is open here and nothing waits.
  /// @returns under which term the write goes to it; none: call `write`
  std::optional<term> open_here(const Write& w) const {
    const auto& r = route_of(w);
    if (!r.is_here || r.owner.is_over(r.here) || !r.waiting.empty() || r.unanswered != 0) return {};
    if (!r.gate.admits(w.from.session, w.from.round)) return {};
    return r.here;
  }
  void write(Write w, instant now, effects& out) {
    auto& r = route_of(w);
    if (!r.gate.admits(w.from.session, w.from.round))
      return refuse(r, last_order_, std::move(w), behind_a_failure(), now, out);
    if (r.waiting.size() >= options_.waiting_max) {
      return refuse(r, last_order_, std::move(w),
                    {refusal_code::unavailable, "too many writes wait for the room's owner", milliseconds{500}}, now,
                    out);
    }
    r.waiting.push_back({++last_order_, std::move(w), now + options_.patience, false});
    ++waiting_;
    pump(r, now, out);
    if (!r.waiting.empty() && !r.owner.is_known()) out.push_back(look{shard_of(r)});
  }

  // ---- this node's shards ------------------------------------------------------------------------------------------

  /// The shard's actor takes writes under this term from now on.
  void opened(shard_id shard, term under, instant now, effects& out) {
    auto& r = routes_.at(shard.value);
    r.owner.opened_here(self_, under);
    pump(r, now, out);
  }
  /// It takes none under this term any more; each one that it took has been answered, or came back by `returned`.
  void flushed(shard_id shard, term under, instant now, effects& out) {
    auto& r = routes_.at(shard.value);
    r.owner.ended(under);
    if (r.is_here && r.here <= under) r.is_here = false;
    pump(r, now, out);
  }
  /// The shard's actor gives it back: nothing was stored by it.
  void returned(Write w, term under, instant now, effects& out) {
    auto& r = route_of(w);
    r.owner.ended(under);
    const auto order = is_on(mutant::returned_goes_last) ? ++last_order_ : ++r.last_returned;
    wait_again(r, {order, std::move(w), now + options_.patience, false}, now, out);
    pump(r, now, out);
    if (!r.owner.is_known()) out.push_back(look{shard_of(r)});
  }
  /// A write of this session failed somewhere else than through this book: what it sent before it hears of that must
  /// fail too.
  void order_broken(shard_id shard, session_id session, write_gate::round round, instant now, effects& out) {
    fail(routes_.at(shard.value), 0, session, round, now, out);
  }

  // ---- other nodes' shards -----------------------------------------------------------------------------------------

  /// A survey saw this owner in the shard's row.
  void owner_seen(shard_id shard, const std::string& owner, term under, instant now, effects& out) {
    auto& r = routes_.at(shard.value);
    if (owner.empty() || owner == self_) return;  // whether a shard is open here is its actor's word
    if (r.owner.seen({owner, under}, self_, now, options_.rows_insist)) pump(r, now, out);
  }
  void link_opened(const std::string& owner, instant now, effects& out) {
    open_links_.insert(owner);
    for (auto& r : routes_) {
      if (!r.waiting.empty() && r.owner.latest().owner == owner) pump(r, now, out);
    }
  }
  /// What was under way on it is lost: its owner may have stored it.
  void link_lost(const std::string& owner, instant now, effects& out) {
    open_links_.erase(owner);
    std::vector<peer::request_id> lost;
    for (const auto& [request, sent] : unanswered_) {
      if (sent.owner == owner) lost.push_back(request);
    }
    std::ranges::sort(lost);
    std::unordered_set<std::uint32_t> touched;
    for (const auto request : lost) {
      auto sent = take(request);
      auto& r = route_of(sent->what);
      touched.insert(shard_of(r).value);
      if (!sent->what.what->client_msg_id.empty()) {
        const bool may_be_stored_now = !is_on(mutant::lost_write_is_unstored);
        wait_again(r, {sent->order, std::move(sent->what), sent->deadline, may_be_stored_now}, now, out);
      } else {
        refuse(r, sent->order, std::move(sent->what), may_be_stored(), now, out);
      }
    }
    for (std::uint32_t shard = 0; shard < routes_.size(); ++shard) {
      if (touched.contains(shard)) pump(routes_[shard], now, out);
    }
  }
  /// The link takes no more just now: nothing of it was sent. Tried again by `tick`.
  void unsent(peer::request_id request, instant now, effects& out) {
    auto sent = take(request);
    if (!sent) return;
    auto& r = route_of(sent->what);
    r.is_held_up = true;
    wait_again(r, {sent->order, std::move(sent->what), sent->deadline, sent->was_lost_once}, now, out);
  }
  void answered(peer::request_id request, std::variant<reply::published, refusal> what, instant now, effects& out) {
    auto sent = take(request);
    if (!sent) return;
    auto& r = route_of(sent->what);
    // The owner speaks for this sending of it. The lost one may have been stored.
    if (const auto* why = std::get_if<refusal>(&what);
        sent->was_lost_once && why != nullptr && why->code == refusal_code::unavailable)
      what = may_be_stored();
    const auto* why = std::get_if<refusal>(&what);
    if (why != nullptr && breaks_order(why->code)) {
      auto word = *why;
      refuse(r, sent->order, std::move(sent->what), std::move(word), now, out);
    } else {
      out.push_back(answer{std::move(sent->what), std::move(what)});
    }
    if (r.unanswered == 0) pump(r, now, out);
  }
  void not_owner(peer::request_id request, instant now, effects& out) {
    auto sent = take(request);
    if (!sent) return;
    auto& r = route_of(sent->what);
    // Not if the shard is open here by now, under a term that another history made smaller: nothing would open it
    // again.
    if (!r.owner.is_at(self_)) r.owner.ended(sent->under);
    wait_again(r, {sent->order, std::move(sent->what), sent->deadline, sent->was_lost_once}, now, out);
    pump(r, now, out);
    if (!r.owner.is_known()) out.push_back(look{shard_of(r)});
  }

  /// The node that owns the shard elsewhere and can be asked now; null: none
  const std::string* asked_elsewhere(shard_id shard) const {
    const auto& known = routes_.at(shard.value).owner;
    const auto& owner = known.latest().owner;
    return known.is_known() && owner != self_ && open_links_.contains(owner) ? &owner : nullptr;
  }

  // ---- time --------------------------------------------------------------------------------------------------------

  /// Deadlines; what was held up; a look for every shard that has writes waiting and no place for them.
  void tick(instant now, effects& out) {
    has_failures_ = false;
    for (auto& r : routes_) {
      if (r.gate.size() != 0) r.gate.forget_old(now);
      has_failures_ = has_failures_ || r.gate.size() != 0;
      if (r.waiting.empty()) continue;
      r.is_held_up = false;
      const auto is_late = [&](const waiting_write& w) { return now >= w.deadline; };
      for (auto late = std::ranges::find_if(r.waiting, is_late); late != r.waiting.end();
           late = std::ranges::find_if(r.waiting, is_late)) {
        auto w = std::move(*late);
        r.waiting.erase(late);
        --waiting_;
        refuse(r, w.order, std::move(w.what), w.was_lost_once ? may_be_stored() : nobody_owns(), now, out);
      }
      pump(r, now, out);
      if (!r.waiting.empty() && !r.owner.is_known()) out.push_back(look{shard_of(r)});
    }
    std::vector<peer::request_id> late;
    for (const auto& [request, sent] : unanswered_) {
      if (now >= sent.answer_deadline) late.push_back(request);
    }
    std::ranges::sort(late);
    for (const auto request : late) {
      if (auto sent = take(request)) give_up(std::move(*sent), now, out);
    }
  }
  /// Does `tick` have deadlines to look after?
  bool is_busy() const { return waiting_ != 0 || !unanswered_.empty(); }
  /// Is there only something old for `tick` to forget, some time?
  bool has_failures() const { return has_failures_; }
  std::size_t waiting() const { return waiting_; }
  std::size_t unanswered() const { return unanswered_.size(); }

private:
  static constexpr std::uint64_t orders_kept = std::uint64_t{1} << 32;

  struct waiting_write {
    std::uint64_t order;  ///< of its first arrival
    Write what;
    instant deadline;
    bool was_lost_once;  ///< an earlier sending of it may have been stored
  };
  struct sent_write {
    std::string owner;
    parley::term under;
    Write what;
    std::uint64_t order;
    instant deadline, answer_deadline;
    bool was_lost_once;
  };
  struct route {
    shard_owner owner;
    shard_owner::place there;  ///< where the unanswered writes are
    bool is_here = false;      ///< writes have gone to this node's shard, under `here`, and it has not flushed them
    term here;
    std::uint64_t last_returned = 0;  ///< orders kept free for what comes back from here: before all that arrives since
    std::size_t unanswered = 0;
    bool is_held_up = false;
    std::deque<waiting_write> waiting;  ///< by order
    write_gate gate;
  };

  static refusal behind_a_failure() {
    return {refusal_code::unavailable, "a write before this one failed: repeat them in order", milliseconds{500}};
  }
  static refusal nobody_owns() { return {refusal_code::unavailable, "no node owns the room now", milliseconds{500}}; }
  static refusal may_be_stored() {
    return {refusal_code::outcome_unknown, "it may be stored: repeat with the same client_msg_id", {}};
  }

  route& route_of(const Write& w) { return routes_.at(w.room->shard.value); }
  const route& route_of(const Write& w) const { return routes_.at(w.room->shard.value); }
  shard_id shard_of(const route& r) const { return shard_id{static_cast<std::uint32_t>(&r - routes_.data())}; }

  /// At once also for what waits behind it: the session's next round must not begin before that has failed.
  void fail(route& r, std::uint64_t order, session_id session, write_gate::round round, instant now, effects& out) {
    r.gate.failed(session, round, now);
    has_failures_ = true;
    const auto is_behind = [&](const waiting_write& w) {
      return w.order > order && w.what.from.session == session && !r.gate.admits(session, w.what.from.round);
    };
    const auto kept = std::stable_partition(r.waiting.begin(), r.waiting.end(), std::not_fn(is_behind));
    waiting_ -= static_cast<std::size_t>(r.waiting.end() - kept);
    for (auto behind = kept; behind != r.waiting.end(); ++behind) {
      out.push_back(answer{std::move(behind->what), behind->was_lost_once ? may_be_stored() : behind_a_failure()});
    }
    r.waiting.erase(kept, r.waiting.end());
  }
  void refuse(route& r, std::uint64_t order, Write w, refusal why, instant now, effects& out) {
    const auto session = w.from.session;
    const auto round = w.from.round;
    out.push_back(answer{std::move(w), std::move(why)});
    fail(r, order, session, round, now, out);
  }
  /// The owner may have failed it for good: then what its session sent behind it must not be told as stored.
  void give_up(sent_write late, instant now, effects& out) {
    auto& r = route_of(late.what);
    std::vector<peer::request_id> behind;
    for (const auto& [request, sent] : unanswered_) {
      const bool is_its = sent.what.from.session == late.what.from.session && &route_of(sent.what) == &r;
      if (is_its && sent.order > late.order) behind.push_back(request);
    }
    std::ranges::sort(behind);
    refuse(r, late.order, std::move(late.what), may_be_stored(), now, out);
    for (const auto request : behind) refuse(r, late.order, std::move(take(request)->what), may_be_stored(), now, out);
    pump(r, now, out);
  }
  /// Before whatever arrived later.
  void wait_again(route& r, waiting_write w, instant now, effects& out) {
    if (!r.gate.admits(w.what.from.session, w.what.from.round)) {
      return refuse(r, w.order, std::move(w.what), w.was_lost_once ? may_be_stored() : behind_a_failure(), now, out);
    }
    const auto after = std::ranges::upper_bound(r.waiting, w.order, {}, &waiting_write::order);
    r.waiting.insert(after, std::move(w));
    ++waiting_;
  }
  std::optional<sent_write> take(peer::request_id request) {
    auto found = unanswered_.extract(request);
    if (found.empty()) return {};
    --route_of(found.mapped().what).unanswered;
    return std::move(found.mapped());
  }

  bool may_send(const route& r) const {
    if (!r.owner.is_known() || r.is_held_up) return false;
    if (is_on(mutant::owner_changed_at_once)) return true;
    const auto& to = r.owner.latest();
    if (to.owner == self_) return r.unanswered == 0 && (!r.is_here || r.here == to.under);
    if (r.is_here) return false;
    return (r.unanswered == 0 || r.there == to) && unanswered_.size() < options_.unanswered_max;
  }

  void pump(route& r, instant now, effects& out) {
    const auto& to = r.owner.latest();
    const bool is_elsewhere = to.owner != self_;
    if (!is_elsewhere && may_send(r) && !(r.is_here && r.here == to.under)) {
      r.is_here = true;  // from now on `open_here` answers
      r.here = to.under;
      r.last_returned = last_order_;
      last_order_ += orders_kept;
    }
    while (!r.waiting.empty() && may_send(r)) {
      auto& first = r.waiting.front();
      if (is_elsewhere && !open_links_.contains(to.owner)) {
        out.push_back(dial{to.owner});
        return;
      }
      auto w = std::move(first);
      r.waiting.pop_front();
      --waiting_;
      if (!is_elsewhere) {
        out.push_back(to_shard{r.here, std::move(w.what)});
        continue;
      }
      r.there = to;
      ++r.unanswered;
      const auto request = ++last_request_;
      out.push_back(to_peer{to.owner, request, to.under, w.what});
      unanswered_.emplace(request, sent_write{to.owner, to.under, std::move(w.what), w.order, w.deadline,
                                              now + options_.answer_patience, w.was_lost_once});
    }
  }

  std::string self_;
  std::vector<route> routes_;  ///< by shard id
  route_options options_;
  std::unordered_map<peer::request_id, sent_write> unanswered_;
  std::unordered_set<std::string> open_links_;
  peer::request_id last_request_ = 0;
  std::uint64_t last_order_ = 0;
  std::size_t waiting_ = 0;
  bool has_failures_ = false;
};

}  // namespace parley
