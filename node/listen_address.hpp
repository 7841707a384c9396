#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace parley {

/// HOST:PORT with an IP address ("127.0.0.1:8080", "[::1]:8080") or "localhost". A name is not looked up: which
/// interface is open must not depend on a resolver.
std::optional<boost::asio::ip::tcp::endpoint> parse_listen_address(std::string_view text);

/// "http://127.0.0.1:8080/": where a browser finds what listens there.
std::string page_address(const boost::asio::ip::tcp::endpoint& where);

}  // namespace parley
