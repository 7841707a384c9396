#include "loadtest/load/client.hpp"

#include "loadtest/load/clock.hpp"
#include "loadtest/load/requests.hpp"

#include <algorithm>

namespace parley::load {
namespace {

constexpr std::uint32_t connect_id = 1;

}  // namespace

client::client(stage& shared, client_owner& owner, std::string name)
    : stage_(shared),
      owner_(owner),
      name_(std::move(name)),
      connection_(shared.context, *this, shared.next_encoding(),
                  static_cast<std::uint32_t>(std::hash<std::string>{}(name_))) {}

void client::open() {
  is_greeted_ = false;
  leaving_.clear();
  last_id_ = connect_id;
  connection_.open(is_reader && !stage_.reader_ways.empty() ? stage_.reader_ways.next() : stage_.ways.next(),
                   receive_bytes_max_);
}

void client::drop() {
  connection_.close();
  is_greeted_ = false;
  for (auto& s : streams_) {
    s.check.lost();
    s.join_id = 0;
    s.live_since_ns = INT64_MAX;
  }
}

stream& client::add_stream(std::size_t room) {
  stream fresh{room, stream_check(stage_.values.expect_resets)};
  return *streams_.insert(std::ranges::upper_bound(streams_, room, {}, &stream::room), fresh);
}

void client::join(stream& s, std::int64_t due_ns) {
  s.asked_ns = due_ns;
  s.is_resume = false;
  send_join(s);
}

void client::send_join(stream& s) {
  s.join_id = ++last_id_;
  s.check.asked(s.is_resume, stage_.rooms.acked(s.room));
  const auto room = stage_.room_name(s.room);
  connection_.send(s.is_resume ? since_request(connection_.form(), s.join_id, room, s.check.last())
                               : rewind_request(connection_.form(), s.join_id, room,
                                                static_cast<std::uint32_t>(stage_.values.rewind)));
}

void client::leave_first() {
  leaving_.push_back(streams_.front().room);
  connection_.send(leave_request(connection_.form(), ++last_id_, stage_.room_name(streams_.front().room)));
  streams_.erase(streams_.begin());
}

std::uint32_t client::publish(std::size_t room, event_key key, std::string_view text) {
  const auto key_text = text_of(key);
  connection_.send(publish_request(connection_.form(), ++last_id_, stage_.room_name(room),
                                   {key_text.data(), key_text.size()}, text));
  return last_id_;
}

void client::opened() {
  // The joins follow without waiting for the greeting: the protocol answers in order.
  connection_.send(connect_request(connection_.form(), connect_id, name_));
  for (auto& s : streams_) {
    s.is_resume = s.check.has_begun();
    if (!s.is_resume) s.asked_ns = now_ns();
    send_join(s);
  }
}

void client::ended(const std::string& why, unsigned close_code) {
  drop();
  owner_.lost(*this, why, close_code);
}

void client::received(std::string_view message) {
  if (stage_.reader(connection_.form()).read(message, *this)) return;
  stage_.violated(name_, "", "protocol", "not understood: " + std::string(message.substr(0, 200)));
  connection_.close();
  ended("a message that is none of the protocol", 0);
}

stream* client::find(std::string_view room) {
  const auto wanted = stage_.room_number(room);
  if (wanted) {
    const auto found = std::ranges::lower_bound(streams_, *wanted, {}, &stream::room);
    if (found != streams_.end() && found->room == *wanted) return &*found;
    if (std::ranges::find(leaving_, *wanted) != leaving_.end()) return nullptr;
  }
  stage_.violated(name_, room, "R12", "a push of a room that it did not join");
  return nullptr;
}

void client::answered(const answer& one) {
  // What is still to be read of a message whose connection has ended meanwhile belongs to nobody.
  if (connection_.is_over()) return;
  using kind = answer::kind;
  switch (one.what) {
    case kind::connected: is_greeted_ = true; return owner_.greeted(*this);
    case kind::published: return owner_.answered(*this, one);
    case kind::error: return take_error(one);
    case kind::left:
      if (!leaving_.empty()) leaving_.erase(leaving_.begin());
      return;
    case kind::other: return;
    case kind::batch:
    case kind::joined:
    case kind::live:
    case kind::catching_up:
    case kind::gap: break;
  }
  auto* s = find(one.room);
  if (s == nullptr) return;
  switch (one.what) {
    case kind::batch: return take_batch(*s, one);
    case kind::joined: return take_joined(*s, one);
    case kind::live: return take_live(*s, one);
    case kind::catching_up: stage_.measured.caught_up(); return judge(*s, s->check.catching_up(one.at));
    case kind::gap: stage_.measured.passed_gap(); return judge(*s, s->check.gap(one.from, one.at, one.reason));
    default: return;
  }
}

void client::take_batch(stream& s, const answer& one) {
  judge(s, s.check.batch(one.from, one.is_history));
  const auto now = stage_.context.now_ns;
  for (const auto& e : one.events) {
    judge(s, s.check.event(e.seq, e.term));
    judge(s, stage_.rooms.shown(s.room, e.seq, e.term, e.key, e.digest));
    if (e.key >= s.live_since_ns && !is_stalling) stage_.measured.took(timed::publish_to_delivery, e.key, now);
  }
  stage_.measured.delivered(one.events.size());
}

void client::take_joined(stream& s, const answer& one) {
  // The answer to a join that another one has replaced: that one's stream has begun and ended.
  if (one.id != s.join_id) return;
  s.join_id = 0;
  s.live_since_ns = INT64_MAX;
  judge(s, s.check.joined(one.at, one.head, one.recovered));
}

void client::take_live(stream& s, const answer& one) {
  judge(s, s.check.live(one.at));
  const bool is_first = s.live_since_ns == INT64_MAX;
  if (is_first) {
    s.live_since_ns = stage_.context.now_ns;
    const bool is_resume = s.is_resume;
    if (!is_stalling)
      stage_.measured.took(is_resume ? timed::resume_to_live : timed::join_to_live, s.asked_ns, s.live_since_ns);
    is_resume ? stage_.measured.resumed() : stage_.measured.joined();
  }
  owner_.live(*this, s, is_first);
}

void client::take_error(const answer& one) {
  stage_.measured.failed(one.name.empty() ? "error" : one.name);
  if (one.id == connect_id) {
    connection_.close();
    return ended("`connect` was refused: " + std::string(one.name), 0);
  }
  const auto waiting = std::ranges::find(streams_, one.id, &stream::join_id);
  if (one.id == 0 || waiting == streams_.end()) return owner_.answered(*this, one);
  waiting->join_id = 0;
  owner_.join_refused(*this, *waiting, one);
}

}  // namespace parley::load
