#include "node/listen_address.hpp"

#include <charconv>

namespace parley {

std::optional<boost::asio::ip::tcp::endpoint> parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  const auto digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (failure != std::errc{} || end != digits.data() + digits.size() || digits.empty()) return std::nullopt;

  const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  boost::system::error_code bad;
  const auto address = boost::asio::ip::make_address(std::string{host}, bad);
  if (bad || address.is_v6() != is_bracketed) return std::nullopt;
  return boost::asio::ip::tcp::endpoint{address, port};
}

std::string page_address(const boost::asio::ip::tcp::endpoint& where) {
  const auto address = where.address();
  std::string host = address.is_unspecified() ? "localhost" : address.to_string();
  if (address.is_v6() && !address.is_unspecified()) host = "[" + host + "]";
  return "http://" + host + ":" + std::to_string(where.port()) + "/";
}

}  // namespace parley
