#include "storage/redis/endpoint_links.hpp"

#include "storage/redis/resp_command.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include <utility>

namespace parley {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

std::string publish_command(const pubsub_dialect& dialect, const std::string& channel, const std::string& payload) {
  std::string command;
  append_command(command, {dialect.publish, channel, payload});
  return command;
}

}  // namespace

endpoint_links::endpoint_links(redis_link::strand where, redis_options options, redis_address address,
                               channel_names names, log& out, redis_probe& probe)
    : endpoint_links(std::move(where), std::move(options), std::move(address), std::move(names), out, probe, nullptr) {
  canary_channel_ = names_.canary();
  book_.want(canary_channel_, canary_channel{});
}

endpoint_links::endpoint_links(redis_link::strand where, redis_options options, redis_address address,
                               channel_names names, log& out, redis_probe& probe, std::shared_ptr<slot_listener> slots)
    : options_(std::move(options)),
      address_(std::move(address)),
      names_(std::move(names)),
      dialect_(slots ? sharded_pubsub : plain_pubsub),
      seal_(options_.keys),
      log_(out),
      probe_(probe),
      strand_(std::move(where)),
      inbox_(options_.waiting_bytes_max),
      slots_(std::move(slots)),
      book_(dialect_),
      retry_(options_.retry_delay_min, options_.retry_delay_max),
      retry_timer_(strand_),
      canary_timer_(strand_),
      random_(std::random_device{}()) {}

void endpoint_links::start() {
  asio::post(strand_, [self = shared_from_this()] {
    if (self->phase_ == phase::idle) self->open_links();
  });
}

void endpoint_links::stop() {
  asio::post(strand_, [self = shared_from_this()] {
    if (std::exchange(self->phase_, phase::stopped) == phase::standing) self->probe_.link_lost();
    self->close_links();
    self->retry_timer_.cancel();
    self->sink_.reset();
    self->slots_.reset();
  });
}

void endpoint_links::attach(std::shared_ptr<fan_out_sink> sink) {
  asio::post(strand_, [self = shared_from_this(), sink = std::move(sink)]() mutable {
    self->sink_ = std::move(sink);
    if (self->phase_ == phase::standing) self->sink_->link_restored();
  });
}

void endpoint_links::want(shard_id, std::string channel, channel_subject subject) {
  asio::post(strand_,
             [self = shared_from_this(), channel = std::move(channel), subject] { self->want_now(channel, subject); });
}

void endpoint_links::unwant(std::string channel) {
  asio::post(strand_, [self = shared_from_this(), channel = std::move(channel)] { self->unwant_now(channel); });
}

void endpoint_links::want_now(const std::string& channel, const channel_subject& subject) {
  if (book_.want(channel, subject)) return told(subject);
  send_wishes();
}

void endpoint_links::unwant_now(const std::string& channel) {
  book_.unwant(channel);
  send_wishes();
}

void endpoint_links::use_canary_now(std::string channel) {
  if (!canary_channel_.empty()) book_.unwant(canary_channel_);
  canary_channel_ = std::move(channel);
  canary_ = {};  // the former one's birds are not waited for
  want_now(canary_channel_, canary_channel{});
}

void endpoint_links::publish(const std::string& channel, std::string envelope) {
  seal_.close(envelope);
  const auto answer = inbox_.put(publish_command(dialect_, channel, envelope));
  if (!answer.is_taken) probe_.messages_dropped(1);
  if (answer.is_first) asio::post(strand_, [self = shared_from_this()] { self->take_inbox(); });
}

// --- the links' life

void endpoint_links::open_links() {
  phase_ = phase::opening;
  publishing_ = std::make_shared<redis_link>(strand_, address_, options_.open_timeout, shared_from_this());
  subscribing_ = std::make_shared<redis_link>(strand_, address_, options_.open_timeout, shared_from_this());
  publishing_->open();
  if (phase_ == phase::opening) subscribing_->open();
}

void endpoint_links::opened(redis_link&) {
  if (publishing_->is_open() && subscribing_->is_open()) stand();
}

void endpoint_links::stand() {
  phase_ = phase::standing;
  answers_due_ = 0;
  canary_ = {};
  was_heard_ = false;
  inbox_.open();
  book_.link_opened();
  log_.write(log_level::info, "redis.link_opened", {{"endpoint", address_.shown()}});
  probe_.link_opened();
  if (sink_) sink_->link_restored();
  send_wishes();
  wait_for_canary();
}

void endpoint_links::closed(redis_link& link, std::string reason) {
  if (&link == publishing_.get() || &link == subscribing_.get()) lose(std::move(reason));
}

void endpoint_links::lose(std::string reason) {
  const bool stood = phase_ == phase::standing;
  close_links();
  if (stood) {
    log_.write(log_level::warn, "redis.link_lost", {{"endpoint", address_.shown()}, {"reason", reason}});
    probe_.link_lost();
    if (sink_) sink_->link_lost(std::move(reason));
  } else {
    log_.write(log_level::debug, "redis.open_failed", {{"endpoint", address_.shown()}, {"reason", reason}});
    probe_.open_failed();
    if (slots_) slots_->open_failed();
  }
  rest();
}

void endpoint_links::close_links() {
  std::size_t dropped = inbox_.close();
  if (publishing_) dropped += publishing_->waiting().commands();
  for (auto* link : {&publishing_, &subscribing_}) {
    // A link that ends by itself is in the middle of telling us: it holds itself until it returns.
    if (const auto ended = std::exchange(*link, nullptr)) ended->close();
  }
  book_.link_lost();
  canary_timer_.cancel();
  if (dropped != 0) probe_.messages_dropped(dropped);
}

void endpoint_links::rest() {
  phase_ = phase::resting;
  retry_timer_.expires_after(retry_.next(std::uniform_real_distribution<>{}(random_)));
  retry_timer_.async_wait([self = shared_from_this()](error_code ec) {
    if (!ec && self->phase_ == phase::resting) self->open_links();
  });
}

// --- publishing

void endpoint_links::take_inbox() {
  auto content = inbox_.take();
  if (phase_ != phase::standing) {
    if (!content.commands.empty()) probe_.messages_dropped(content.commands.commands());
    return;
  }
  if (content.is_overrun) {
    probe_.messages_dropped(content.commands.commands());
    return lose("more bytes waited than fit");
  }
  answers_due_ += content.commands.commands();
  probe_.messages_sent(content.commands.commands(), content.commands.bytes());
  if (!content.commands.empty()) publishing_->send(std::move(content.commands));
  note_waiting();
}

void endpoint_links::note_waiting() { inbox_.link_holds(publishing_->waiting_bytes()); }

void endpoint_links::written(redis_link& link) {
  if (&link == publishing_.get()) note_waiting();
}

void endpoint_links::published(const resp_value& answer) {
  if (answers_due_ == 0) return lose("protocol: an answer to nothing");
  --answers_due_;
  if (answer.kind == resp_value::value_kind::error && slots_) {
    if (const auto where = parse_redirection(answer.text)) return redirected(*where);
  }
  // Every refusal (no permission, a script that blocks the server) would meet the next message too.
  if (answer.kind != resp_value::value_kind::integer) lose("publish refused: " + answer.text);
}

/// The message is lost: who needs it finds the hole.
void endpoint_links::redirected(const redirection& where) {
  probe_.messages_dropped(1);
  was_heard_ = true;  // it may have been the canary, which has gone no further for a reason that we know
  slots_->publish_redirected(where);
}

// --- subscribing

void endpoint_links::send_wishes() {
  if (phase_ != phase::standing) return;
  const auto commands = book_.commands();
  if (commands.empty()) return;
  chunk_queue out;
  out.append(format(commands, dialect_));
  subscribing_->send(std::move(out));
}

void endpoint_links::received(redis_link& link, resp_value value) {
  if (&link == publishing_.get()) return published(value);
  if (&link != subscribing_.get()) return;
  was_heard_ = true;
  auto reply = book_.replied(std::move(value));
  if (auto* message = std::get_if<channel_message>(&reply)) return deliver(std::move(*message));
  if (auto* fault = std::get_if<reply_fault>(&reply)) return lose(std::move(fault->reason));
  if (const auto* confirmed = std::get_if<subscription_confirmed>(&reply)) {
    probe_.channel_subscribed();
    told(confirmed->subject);
  }
  if (const auto* ended = std::get_if<subscription_ended>(&reply)) slots_->slot_ended(ended->slot);
  if (const auto* moved = std::get_if<command_redirected>(&reply))
    slots_->subscription_redirected(moved->slot, moved->where);
  send_wishes();
}

void endpoint_links::told(const channel_subject& subject) {
  if (!sink_) return;
  if (const auto* room = std::get_if<room_key>(&subject)) sink_->room_subscribed(*room);
  if (const auto* shard = std::get_if<shard_id>(&subject)) sink_->shard_subscribed(*shard);
}

void endpoint_links::deliver(channel_message message) {
  const std::size_t bytes = message.payload.size();
  auto decoded = seal_.is_genuine(message.payload) ? decode_envelope(names_.cluster_id(), message.payload)
                                                   : error{errc::refused_content, "no MAC of this cluster's keys"};
  if (decoded) return show(message.subject, std::move(*decoded), bytes);
  if (decoded.error().code == errc::incompatible) return probe_.foreign_message();
  log_.write(log_level::debug, "redis.message_refused",
             {{"endpoint", address_.shown()}, {"reason", decoded.error().detail}});
  probe_.message_refused();
}

/// Only where the channel's subject is what the envelope speaks of: a room's events on another room's channel are
/// someone else's doing.
void endpoint_links::show(const channel_subject& subject, redis_envelope what, std::size_t bytes) {
  if (auto* events = std::get_if<room_envelope>(&what); events && subject == channel_subject{events->room}) {
    probe_.message_received(bytes);
    if (sink_) sink_->room_published(std::move(*events));
  } else if (auto* news = std::get_if<beacon>(&what); news && subject == channel_subject{news->shard}) {
    probe_.message_received(bytes);
    if (sink_) sink_->beacon_published(std::move(*news));
  } else if (const auto* bird = std::get_if<canary>(&what); bird && subject == channel_subject{canary_channel{}}) {
    canary_came(*bird);
  } else {
    probe_.message_refused();
  }
}

// --- the canary

/// At whole periods of the clock: the endpoints' canaries leave together, and an idle node's thread wakes once for all.
void endpoint_links::wait_for_canary() {
  const auto now = std::chrono::steady_clock::now();
  const std::chrono::nanoseconds period = options_.canary_period;
  canary_timer_.expires_at(now + period - now.time_since_epoch() % period);
  canary_timer_.async_wait([self = shared_from_this()](error_code ec) {
    if (!ec && self->phase_ == phase::standing) self->canary_due();
  });
}

void endpoint_links::canary_due() {
  if (canary_channel_.empty()) return wait_for_canary();
  const auto number = canary_.tick(std::exchange(was_heard_, false));
  if (!number) {
    probe_.half_open_found();
    return lose("half-open: the canaries did not come back");
  }
  ++answers_due_;
  canary_sent_ = std::chrono::steady_clock::now();
  auto bird = encode_envelope(names_.cluster_id(), canary{names_.own(), *number});
  seal_.close(bird);
  publishing_->send_first(publish_command(dialect_, canary_channel_, bird));
  wait_for_canary();
}

void endpoint_links::canary_came(const canary& it) {
  if (it.node != names_.own()) return probe_.message_refused();
  canary_.returned(it.number);
  // Not when the links open: a server that accepts and then drops us would be asked at the shortest delay for ever.
  retry_.succeeded();
  if (canary_.missed() == 0) probe_.canary_returned(std::chrono::steady_clock::now() - canary_sent_);
}

}  // namespace parley
