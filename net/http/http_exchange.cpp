#include "net/http/http_exchange.hpp"

#include "net/codec/json_encoder.hpp"

#include <utility>

namespace parley::net {
namespace {

constexpr std::uint32_t connect_id = 1;
constexpr std::uint32_t asked_id = 2;

}  // namespace

http_exchange::http_exchange(front_thread& thread, std::function<void(http_answer)> done)
    : kept_(thread.shared_from_this()), thread_(thread), id_(thread.front().next_session()), done_(std::move(done)) {}

bool http_exchange::start(std::string user, std::string instance, request::body asked) {
  is_write_ = std::holds_alternative<request::publish>(asked);
  conversation_ = thread_.front().desk.open(shared_from_this(), std::move(instance));
  if (!conversation_) return false;
  conversation_->requested({connect_id, request::connect{std::move(user), {}}});
  conversation_->requested({asked_id, std::move(asked)});
  return true;
}

void http_exchange::send(server_message message) {
  thread_.post([me = shared_from_this(), message = std::move(message)] { me->on_send(message); });
}

void http_exchange::notify_drained(std::uint32_t token) {
  thread_.post([me = shared_from_this(), token] {
    if (me->conversation_) me->conversation_->drained(token);  // nothing waits here
  });
}

void http_exchange::close(close_code, std::string) {
  thread_.post([me = shared_from_this()] { me->answer(me->overdue()); });
}

http_answer http_exchange::overdue() const {
  return is_write_ ? problem(refusal{refusal_code::outcome_unknown, "no answer in time: repeat with the same key", {}})
                   : problem(refusal{refusal_code::unavailable, "no answer in time", {}});
}

void http_exchange::on_send(const server_message& message) {
  if (const auto* failed = std::get_if<reply::failed>(&message.body)) return answer(problem(failed->why));
  if (message.id != asked_id) return;  // `connected`
  const auto* published = std::get_if<reply::published>(&message.body);
  std::string body;
  append_json_body(body, message.body, greeting{});
  answer(json_answer(published != nullptr && !published->duplicate ? 201 : 200, std::move(body)));
}

void http_exchange::answer(http_answer with) {
  const auto done = std::exchange(done_, {});
  end();
  if (done) done(std::move(with));
}

void http_exchange::end() {
  done_ = {};
  if (const auto with = std::exchange(conversation_, nullptr)) with->closed();
}

}  // namespace parley::net
