#include "net/http/upgrade_rules.hpp"

#include <cstdlib>

/// The upgrade's rules and subprotocol choice on any head: what is accepted is a key by the book and one of our names.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace parley::net;
  // The frames themselves are Beast's to read; what leads to them is ours. Most of a good head is given, or nothing
  // of what follows would ever be reached.
  const std::string head = "GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
                           std::string(reinterpret_cast<const char*>(bytes), size) + "\r\n\r\n";
  const auto parsed = parse_head(head);
  const auto* request = std::get_if<http_request_head>(&parsed);
  if (request == nullptr) return 0;
  const auto checked = check_upgrade(*request, {{"https://chat.example"}, true});
  const auto* chosen = std::get_if<chosen_subprotocol>(&checked);
  if (chosen == nullptr) {
    if (std::get<http_answer>(checked).status < 400) std::abort();
    return 0;
  }
  if (chosen->echo.empty() != (chosen->spoken == encoding::json && chosen->echo != "parley.v1.json")) std::abort();
  if ((*request)[boost::beast::http::field::sec_websocket_key].size() != 24) std::abort();
  return 0;
}
