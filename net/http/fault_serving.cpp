#include "net/codec/json_object.hpp"
#include "net/development_faults.hpp"
#include "net/http/fault_rules.hpp"
#include "net/http/http_connection.hpp"

#include <utility>

/// `/dev/`: faults on purpose, where a development node allows them.
namespace parley::net {
namespace {

constexpr auto no_kill = "no other node lives, and nothing would go on without this one: start a cluster for that";

http_answer status_answer(const development_faults& faults, const std::string& node) {
  const auto now = faults.now();
  std::string body;
  {
    json_object object(body);
    object.member("history_delay_ms", now.history_delay.count());
    object.member("fan_out", now.is_fan_out_running ? "running" : "stopped");
    object.member("node", node);
    auto& peers = object.name("peers");
    peers += '[';
    std::string_view comma;
    for (const auto& address : now.peers) {
      append_json_string(peers += std::exchange(comma, ","), address);
    }
    peers += ']';
    object.member("may_kill", now.may_kill);
  }
  return json_answer(200, std::move(body));
}

http_answer owner_answer(const result<development_faults::room_owner>& found) {
  if (found.has_error())
    return problem(refusal{refusal_code::unavailable, "no node owns the room's shard now", milliseconds{500}});
  std::string body;
  {
    json_object object(body);
    object.member("node", found->node);
    if (found->address.empty())
      object.name("address") += "null";
    else
      object.member("address", found->address);
  }
  return json_answer(200, std::move(body));
}

bool is_loopback(const tcp_socket& socket) {
  boost::system::error_code failed;
  const auto peer = socket.remote_endpoint(failed);
  if (failed) return false;
  const auto address = peer.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).is_loopback();
  return address.is_loopback();
}

}  // namespace

void http_connection::serve(ask::development, std::string& body) {
  const auto faults = thread_.front().hooks.faults;
  if (faults == nullptr) return answer(not_found());
  auto asked = read_fault_request(head_, body, is_loopback(socket_));
  if (auto* refused = std::get_if<http_answer>(&asked)) return answer_page(std::move(*refused));
  const auto& wish = std::get<fault_wish>(asked);
  if (std::holds_alternative<fault_ask::preflight>(wish)) return answer_page({});
  if (const auto* room = std::get_if<fault_ask::owner>(&wish)) return answer_owner(room->room);
  if (const auto* slow = std::get_if<fault_ask::history_delay>(&wish)) faults->delay_history(slow->delay);
  if (const auto* live = std::get_if<fault_ask::fan_out>(&wish)) faults->run_fan_out(live->is_running);
  if (std::holds_alternative<fault_ask::kill>(wish)) {
    if (!faults->now().may_kill) return answer_page(problem(refusal{refusal_code::forbidden, no_kill, {}}));
    faults->kill();
  }
  answer_page(status_answer(*faults, thread_.front().options.node));
}

void http_connection::answer_owner(const std::string& room) {
  // The store answers on a thread of its own, and may do so when this connection is gone.
  thread_.front().hooks.faults->owner_of(room,
                                         [thread = thread_.shared_from_this(), me = std::weak_ptr(self())](auto found) {
                                           thread->post([me, found = std::move(found)] {
                                             if (const auto still = me.lock()) still->answer_page(owner_answer(found));
                                           });
                                         });
}

void http_connection::answer_page(http_answer with) {
  let_page_read(with, head_);
  answer(std::move(with));
}

}  // namespace parley::net
