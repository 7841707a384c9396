#pragma once

#include "tests/checker/contents.hpp"
#include "tests/checker/findings.hpp"

#include <string>
#include <unordered_map>

namespace parley::checker {

/// A message as a client holds it that folds edits and deletes as they come (R14).
struct held_message {
  std::uint64_t seq = 0;
  std::uint64_t body = 0;  ///< 0: that of the version it was shown in
  std::uint32_t version = 0;
  bool deleted = false;
  std::uint32_t shown_at = nowhere;  ///< record
};

/// Walks along one stream, push by push. After a finding it goes on from what it saw, so that one mistake is reported
/// once.
class follower {
public:
  follower(const indexed& all, contents& known, const stream& followed, findings& out);

  void begin();  ///< the answer `joined`, against the request, the stored log and what was acknowledged before
  void take(const batch_pushed& push, std::uint32_t place);
  void take(const live_pushed& push, std::uint32_t place);
  void take(const catching_up_pushed& push, std::uint32_t place);
  void take(const gap_pushed& push, std::uint32_t place);
  void settle();  ///< R11 and R14, for a stream that the run gave all the time it needed

private:
  void check_since();
  void check_rewind();
  void check_event(const event& shown, evidence where);
  void check_content(const event& shown, const row& stored, evidence where, evidence there);
  void check_gap_reason(const gap_pushed& push, std::uint32_t place);
  void check_committed(position at, std::uint32_t place);
  void check_held(const held_message& held);
  void arrive(const event& shown, std::uint32_t place);
  void first_push(bool is_gap);
  void not_in_log(const event& shown, std::uint32_t place, evidence where, std::string what);
  bool is_found(position at) const;
  void report(rule broken, std::string what, std::initializer_list<evidence> shown_by);
  std::uint64_t since_seq() const { return stream_.asked->since ? stream_.asked->since->seq : 0; }
  evidence asked() const { return {stream_.asked_at, evidence::whole}; }
  evidence joined() const { return {stream_.joined_at, evidence::whole}; }
  static evidence whole(std::uint32_t place) { return {place, evidence::whole}; }
  evidence row_of(std::uint64_t seq) const;

  const indexed& all_;
  contents& known_;
  const stream& stream_;
  const room_log& room_;
  findings& out_;
  position at_;
  bool is_live_ = false, was_live_ = false, is_fresh_ = true;
  std::uint32_t lost_at_ = nowhere;  ///< the push that showed an event which a lost tail took away later
  std::uint32_t last_push_ = nowhere;
  std::unordered_map<std::uint64_t, held_message> held_;  ///< by seq; only where the room has edits or deletes
};

}  // namespace parley::checker
