#include "storage/redis/try_endpoint.hpp"

#include "storage/redis/map_question.hpp"

#include <boost/asio/io_context.hpp>

#include <deque>
#include <memory>
#include <utility>

namespace parley {
namespace {

namespace asio = boost::asio;

/// Of one server: `redis_link` says that it is open once its PING is answered.
class first_answer final : public link_listener {
public:
  void opened(redis_link& link) override {
    why_not.reset();
    link.close();
  }
  void received(redis_link&, resp_value) override {}
  void written(redis_link&) override {}
  void closed(redis_link&, std::string reason) override { why_not = error{errc::unavailable, std::move(reason)}; }

  std::optional<error> why_not = error{errc::unavailable, "no answer"};
};

std::optional<error> try_server(const redis_address& address, milliseconds timeout) {
  asio::io_context io;
  const auto answer = std::make_shared<first_answer>();
  const auto link = std::make_shared<redis_link>(asio::make_strand(io), address, timeout, answer);
  link->open();
  io.run();
  return answer->why_not;
}

std::optional<error> try_cluster(const redis_endpoint& endpoint, milliseconds timeout) {
  asio::io_context io;
  std::optional<error> why_not = error{errc::unavailable, "no answer"};
  const auto question = std::make_shared<map_question>(
      asio::make_strand(io), std::deque<redis_address>(endpoint.seeds.begin(), endpoint.seeds.end()), timeout);
  question->ask([&](const result<slot_map>& map) { why_not = map ? std::nullopt : std::optional{map.error()}; });
  io.run();
  return why_not;
}

}  // namespace

std::optional<error> try_endpoint(const redis_endpoint& endpoint, milliseconds timeout) {
  return endpoint.is_cluster ? try_cluster(endpoint, timeout) : try_server(endpoint.seeds.front(), timeout);
}

}  // namespace parley
