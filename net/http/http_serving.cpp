#include "net/authentication.hpp"
#include "net/codec/json_decoder.hpp"
#include "net/codec/json_object.hpp"
#include "net/http/http_connection.hpp"
#include "net/http/sse_session.hpp"
#include "net/http/static_page.hpp"
#include "net/http/upgrade_rules.hpp"
#include "net/session/ws_session.hpp"

#include <utility>

/// What each path is answered with.
namespace parley::net {

namespace http = boost::beast::http;

void http_connection::serve(ask::websocket, std::string&) {
  const auto& options = thread_.front().options;
  auto checked = check_upgrade(head_, {options.origins, options.allows_loopback_origins});
  if (auto* refused = std::get_if<http_answer>(&checked)) return answer(std::move(*refused));
  if (is_draining_) return answer(problem(refusal{refusal_code::unavailable, "the node drains", {}}));
  auto& chosen = std::get<chosen_subprotocol>(checked);
  upgrade asked;
  asked.spoken = chosen.spoken;
  asked.subprotocol = std::move(chosen.echo);
  asked.token = std::string(bearer_token(head_[http::field::authorization]));
  asked.request = std::move(head_);
  asked.early = take_buffer();
  step_ = step::over;
  thread_.front().probe.http_answered(101);
  auto session = std::make_shared<ws_session>(thread_, std::move(socket_), std::move(asked), std::move(address_));
  thread_.enlist(session);
  session->start();
  thread_.delist(*this);
}

void http_connection::serve(ask::stream& what, std::string&) {
  auto user = who();
  if (!user) return;
  step_ = step::over;
  auto session = std::make_shared<sse_session>(thread_, std::move(socket_), head_.version() == 10, std::move(address_));
  thread_.enlist(session);
  session->start(std::move(user->user), std::move(user->instance), std::move(what.room), what.options);
  thread_.delist(*this);
}

void http_connection::serve(ask::health, std::string&) { answer(json_answer(200, R"({"status":"ok"})")); }

void http_connection::serve(ask::readiness, std::string&) {
  const std::string missing = is_draining_ ? "the node drains" : thread_.front().hooks.not_ready();
  if (missing.empty()) return answer(json_answer(200, R"({"status":"ready"})"));
  answer(problem(refusal{refusal_code::unavailable, missing, std::nullopt}));
}

void http_connection::serve(ask::metrics, std::string&) {
  answer({200, "text/plain; version=0.0.4; charset=utf-8", thread_.front().hooks.metrics(), {}});
}

void http_connection::serve(ask::version, std::string&) {
  std::string body;
  {
    json_object object(body);
    object.member("version", thread_.front().hooks.version);
    object.member("node", thread_.front().options.node);
  }
  answer(json_answer(200, std::move(body)));
}

void http_connection::serve(ask::file& what, std::string&) {
  answer(page_answer(what.path, head_[http::field::if_none_match]));
}

void http_connection::serve(ask::publish& what, std::string& body) {
  auto asked = decode_json_publish(body, std::move(what.room), std::string(head_["Idempotency-Key"]),
                                   thread_.front().options.bounds);
  if (!asked) return answer(problem(refusal{refusal_code::bad_request, "the body is no JSON object", std::nullopt}));
  if (auto* refused = std::get_if<request::refused>(&*asked)) return answer(problem(refused->why));
  exchange(std::get<request::publish>(std::move(*asked)));
}

void http_connection::serve(ask::history& what, std::string&) { exchange(std::move(what.query)); }

void http_connection::exchange(request::body asked) {
  auto user = who();
  if (!user) return;
  if (auto* publish = std::get_if<request::publish>(&asked)) publish->draft.sender = user->user;
  deadline_ = net_clock::now() + thread_.front().options.patience.exchange;
  exchange_ = std::make_shared<http_exchange>(thread_, [me = self()](http_answer with) {
    me->exchange_.reset();
    me->answer(std::move(with));
  });
  if (exchange_->start(std::move(user->user), std::move(user->instance), std::move(asked))) return;
  exchange_.reset();
  answer(problem(refusal{refusal_code::unavailable, "the node stops", std::nullopt}));
}

std::optional<identity> http_connection::who() {
  const auto& options = thread_.front().options;
  const origin_policy policy{options.origins, options.allows_loopback_origins};
  // A browser sends its Origin with every request that could change something: a foreign page must not speak here.
  if (head_.count(http::field::origin) > 0 && !policy.allows(head_[http::field::origin])) {
    answer(problem(refusal{refusal_code::forbidden, "this origin may not ask", std::nullopt}));
    return std::nullopt;
  }
  auto known =
      authenticate_developer(head_["Parley-User"], bearer_token(head_[http::field::authorization]), options.instance);
  if (auto* why = std::get_if<refusal>(&known)) {
    answer(problem(*why));
    return std::nullopt;
  }
  return std::get<identity>(std::move(known));
}

}  // namespace parley::net
