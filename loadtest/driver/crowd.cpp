#include "loadtest/driver/crowd.hpp"

#include <algorithm>
#include <charconv>

namespace parley::load {
namespace asio = boost::asio;
namespace {

constexpr std::size_t opening_max = 64;
constexpr std::size_t per_source = 20'000;  // of the 28,000 ports that one source address has

asio::ip::tcp::endpoint endpoint_of(const std::string& text) {
  const auto colon = text.rfind(':');
  std::uint16_t port = 0;
  boost::system::error_code failed;
  const auto address = asio::ip::make_address(text.substr(0, colon), failed);
  if (colon != std::string::npos) std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  if (failed || port == 0) throw failure{"not an ADDRESS:PORT: " + text};
  return {address, port};
}

}  // namespace

crowd::crowd(asio::io_context& io, const std::string& to, std::size_t size) : io_(io), context_{io, endpoint_of(to)} {
  for (std::size_t n = 0; n < size; ++n) {
    auto& one = *members_.emplace_back(std::make_unique<connection>(context_, n));
    if (n >= per_source && context_.to.address().is_loopback())
      one.bind_to(asio::ip::address_v4(0x7f000001u + static_cast<std::uint32_t>(n / per_source)));
    one.opened = [this, n] { members_[n]->send(connect_request(1, "load-" + std::to_string(n))); };
    one.ended = [this, n](const std::string& why) {
      if (failed_.empty()) failed_ = "connection " + std::to_string(n) + " ended: " + why;
    };
    one.received = [this, n](std::string_view text) {
      if (text.find("\"connected\"") == std::string_view::npos) {
        failed_ = "not greeted: " + std::string(text.substr(0, 200));
        return;
      }
      members_[n]->received = [this, n](std::string_view later) { received(n, later); };
      ++greeted_;
      open_next();
    };
  }
}

void crowd::open_next() {
  if (next_ < members_.size()) members_[next_++]->open();
}

void crowd::open() {
  for (std::size_t n = 0; n < std::min(opening_max, members_.size()); ++n) open_next();
  run_until([this] { return greeted_ == members_.size(); }, std::chrono::minutes(5), "everyone to be connected");
}

void crowd::run_until(const std::function<bool()>& is_done, std::chrono::nanoseconds limit, const std::string& what) {
  const auto end = std::chrono::steady_clock::now() + limit;
  for (unsigned n = 0; !is_done(); ++n) {
    if (!failed_.empty()) throw failure{failed_};
    if (io_.stopped()) io_.restart();
    // Asking the clock at each handler would cost a lean load more than some of its handlers.
    if (n % 64 == 0 && std::chrono::steady_clock::now() >= end) throw failure{"waited in vain for " + what};
    io_.run_one_for(std::chrono::milliseconds(50));
  }
  if (!failed_.empty()) throw failure{failed_};
}

}  // namespace parley::load
