#include "loadtest/load/writers.hpp"

#include "loadtest/load/clock.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace parley::load {
namespace {

constexpr auto publish_retry_after = std::chrono::milliseconds(100);

room_choice choice_of(const stage& shared) {
  const auto& p = shared.values;
  return p.distribution == "zipf"
             ? room_choice::zipf(shared.rooms.size(), p.zipf_exponent, static_cast<std::uint64_t>(p.seed) * 3 + 2)
             : room_choice::uniform(shared.rooms.size());
}

/// Begins with its key, so that no two texts are equal.
std::string text_for(event_key key, std::size_t bytes) {
  const auto digits = text_of(key);
  std::string text(digits.data(), digits.size());
  if (bytes < text.size()) return text.substr(text.size() - bytes);
  text.resize(bytes, 'x');
  return text;
}

}  // namespace

writers::writers(stage& shared, door& entrance, const std::vector<std::string>& names)
    : stage_(shared),
      entrance_(entrance),
      all_(names.size()),
      rooms_(choice_of(shared)),
      due_timer_(shared.io),
      retry_timer_(shared.io) {
  for (std::size_t n = 0; n < names.size(); ++n) {
    all_[n].session = std::make_unique<client>(stage_, *this, names[n]);
    all_[n].session->number = static_cast<std::uint32_t>(n);
  }
}

void writers::open() {
  for (auto& w : all_) entrance_.open(*w.session);
}

void writers::greeted(client& one) {
  ++greeted_;
  entrance_.passed(one, true);
  keep_busy(all_[one.number]);
}

void writers::lost(client& one, const std::string& why, unsigned close_code) {
  auto& w = all_[one.number];
  if (first_loss_.empty()) first_loss_ = one.name() + ": " + why;
  stage_.measured.failed(close_code != 0 ? "closed_" + std::to_string(close_code) : "connection_lost");
  // `lost` comes once for each life, greeted or not; the count follows who is greeted now.
  greeted_ =
      static_cast<std::size_t>(std::ranges::count_if(all_, [](const auto& w_) { return w_.session->is_greeted(); }));
  leave_open(w, "outcome_lost");
  entrance_.passed(one, false);
  entrance_.open_later(one);
}

void writers::leave_open(writer& w, const char* why) {
  for (const auto& one : w.under_way.take_all()) {
    --unanswered_;
    stage_.rooms.left_open(one.room);
    stage_.measured.failed(why);
    if (mode_ == mode::total) ++left_;
  }
}

void writers::give_up_unanswered() {
  for (auto& w : all_) leave_open(w, "unanswered");
}

bool writers::may_send(const writer& w, std::size_t publishes) const {
  return w.session->is_greeted() &&
         w.under_way.size() + publishes <= static_cast<std::size_t>(stage_.values.unanswered_max);
}

writers::writer* writers::next_free(std::size_t publishes) {
  for (std::size_t n = 0; n < all_.size(); ++n) {
    auto& w = all_[turn_++ % all_.size()];
    if (may_send(w, publishes)) return &w;
  }
  return nullptr;
}

void writers::publish(writer& w, std::size_t room, std::int64_t due_ns, const std::string* text) {
  const auto key = stage_.next_key(due_ns);
  const auto made = text != nullptr ? std::string() : text_for(key, static_cast<std::size_t>(stage_.values.text_bytes));
  const auto& said = text != nullptr ? *text : made;
  const auto id = w.session->publish(room, key, said);
  w.under_way.sent({id, static_cast<std::uint32_t>(room), key, digest_of(said), stage_.rooms.acked(room)});
  ++unanswered_;
  ++published_;
  stage_.measured.published();
}

/// A burst of the next room.
void writers::publish_next(writer& w) {
  const auto room = rooms_.next();
  for (std::size_t n = 0; n < burst(); ++n) publish(w, room, now_ns(), nullptr);
}

// --- answers

void writers::answered(client& one, const answer& told) {
  auto& w = all_[one.number];
  if (told.what == answer::kind::error)
    take_refusal(w, told);
  else
    take_ack(w, told);
}

void writers::take_ack(writer& w, const answer& told) {
  const auto& who = w.session->name();
  const auto found = w.under_way.answered(told.id, told.at.seq);
  if (!found)
    return stage_.violated(who, told.room, "R1",
                           "an ack with id " + std::to_string(told.id) + ", which nothing waits for");
  const auto& sent = found->publish;
  --unanswered_;
  ++acked_;
  stage_.measured.acked();
  stage_.measured.took(timed::publish_to_ack, sent.key, stage_.context.now_ns);
  if (stage_.room_number(told.room) != sent.room)
    stage_.violated(who, told.room, "R12", "an ack of another room than " + stage_.room_name(sent.room));
  if (found->is_overtaken)
    stage_.violated(who, told.room, "R9",
                    "seq " + std::to_string(told.at.seq) + " was answered before an earlier publish");
  if (const auto wrong = stage_.rooms.acknowledged(
          sent.room, {told.at.seq, told.at.term, told.is_duplicate, sent.key, sent.digest, sent.floor}))
    stage_.violated(who, sent.room, wrong);
  keep_busy(w);
}

void writers::take_refusal(writer& w, const answer& told) {
  const auto found = w.under_way.answered(told.id, 0);
  if (!found) return;
  --unanswered_;
  stage_.measured.took(timed::publish_to_refusal, found->publish.key, stage_.context.now_ns);
  // These two leave the outcome open; all others promise that nothing was stored.
  if (told.name == "outcome_unknown" || told.name == "internal") stage_.rooms.left_open(found->publish.room);
  if (mode_ == mode::total) ++left_;
  if (mode_ == mode::closed || mode_ == mode::total) retry_soon(w);
}

/// A refusal comes at once: a closed loop that went on at once would ask for nothing but refusals.
void writers::retry_soon(writer& w) {
  to_retry_.push_back(&w);
  if (to_retry_.size() > 1) return;
  retry_timer_.expires_after(publish_retry_after);
  retry_timer_.async_wait([this](boost::system::error_code failed) {
    const auto waiting = std::exchange(to_retry_, {});
    if (failed) return;
    for (auto* one : waiting) keep_busy(*one);
  });
}

// --- closed loops

void writers::run_closed(std::size_t window) {
  mode_ = mode::closed;
  window_ = std::min(window, static_cast<std::size_t>(stage_.values.unanswered_max));
  for (auto& w : all_) keep_busy(w);
}

void writers::run_total(std::uint64_t events, std::size_t window) {
  left_ = events;
  mode_ = mode::total;
  window_ = window;
  for (auto& w : all_) keep_busy(w);
}

void writers::keep_busy(writer& w) {
  if (mode_ != mode::closed && mode_ != mode::total) return;
  if (!w.session->is_greeted()) return;
  if (mode_ == mode::closed) {
    while (w.under_way.size() + burst() <= window_) publish_next(w);
    return;
  }
  for (; w.under_way.size() < window_ && left_ > 0; --left_)
    publish(w, next_room_++ % stage_.rooms.size(), now_ns(), nullptr);
}

void writers::run_by_deliveries(std::size_t window, std::size_t readers_of_a_room) {
  mode_ = mode::by_deliveries;
  window_ = window;
  readers_of_a_room_ = readers_of_a_room;
  published_ = 0;
  delivered_base_ = stage_.measured.delivered_ever();
  pump();
}

void writers::pump() {
  if (mode_ != mode::by_deliveries) return;
  auto& w = all_.front();
  while (may_send(w, burst()) && stage_.measured.delivered_ever() - delivered_base_ + window_ * readers_of_a_room_ >
                                     (published_ + burst() - 1) * readers_of_a_room_)
    publish_next(w);
}

// --- open loops

void writers::run_open(double rate, std::int64_t ramp_ns) {
  mode_ = mode::open;
  arrival_.emplace(rate / static_cast<double>(burst()), now_ns(), ramp_ns,
                   static_cast<std::uint64_t>(stage_.values.seed) * 3);
  await_due();
}

void writers::run_schedule(const replay_schedule& lines, double speed) {
  mode_ = mode::schedule;
  schedule_ = &lines;
  speed_ = speed;
  left_ = lines.lines.size();
  next_line_ = 0;
  schedule_begin_ns_ = now_ns();
  await_due();
}

void writers::await_due() {
  std::int64_t next = 0;
  if (mode_ == mode::open)
    next = arrival_->next_ns();
  else if (mode_ == mode::schedule && left_ > 0)
    next = schedule_begin_ns_ +
           static_cast<std::int64_t>(static_cast<double>(schedule_->lines[next_line_].offset_ns) / speed_);
  else
    return;
  due_timer_.expires_at(moment_of(next));
  due_timer_.async_wait([this](boost::system::error_code failed) {
    if (!failed) send_due();
  });
}

void writers::send_due() {
  // So many at most before the sockets are looked at again: answers must not wait for a load that fell behind.
  constexpr int at_once_max = 256;
  const auto now = now_ns();
  for (int n = 0; n < at_once_max; ++n)
    if (!send_next_due(now)) break;
  await_due();
}

/// @returns false where none is due
bool writers::send_next_due(std::int64_t now) {
  if (mode_ == mode::open) {
    const auto due = arrival_->next_ns();
    if (due > now) return false;
    arrival_->advance();
    auto* w = next_free(burst());
    const auto room = rooms_.next();
    for (std::size_t n = 0; n < burst(); ++n) {
      if (w == nullptr)
        stage_.measured.failed("not_sent");
      else
        publish(*w, room, due, nullptr);
    }
    return true;
  }
  if (mode_ != mode::schedule || left_ == 0) return false;
  const auto& line = schedule_->lines[next_line_];
  const auto due = schedule_begin_ns_ + static_cast<std::int64_t>(static_cast<double>(line.offset_ns) / speed_);
  if (due > now) return false;
  ++next_line_;
  --left_;
  auto& w = all_[line.writer];
  if (may_send(w))
    publish(w, line.room, due, &line.text);
  else
    stage_.measured.failed("not_sent");
  return true;
}

void writers::leave() {
  for (auto& w : all_) w.session->drop();
}

void writers::stop() {
  mode_ = mode::still;
  due_timer_.cancel();
  retry_timer_.cancel();
}

}  // namespace parley::load
