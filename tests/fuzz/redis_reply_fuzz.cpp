#include "storage/redis/subscription_book.hpp"

#include <cstdlib>

/// A server's bytes through reader and book, in two cuts: nothing that it says may crash or hang us, and a message is
/// shown for a subscribed channel only.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace parley;
  const std::string_view all{reinterpret_cast<const char*>(bytes), size};
  subscription_book book;
  book.link_opened();
  book.want("a", room_key{});
  book.want("b", shard_id{1});
  bool is_told = false;
  book.commands();
  resp_reader reader({.elements_max = 64, .value_bytes_max = 1u << 16});
  const std::size_t cut = size == 0 ? 0 : bytes[0] % size;
  for (std::string_view piece : {all.substr(0, cut), all.substr(cut)}) {
    if (!reader.feed(piece)) return 0;
    while (auto value = reader.next()) {
      const auto reply = book.replied(std::move(*value));
      if (std::holds_alternative<reply_fault>(reply)) return 0;
      is_told |= std::holds_alternative<subscription_confirmed>(reply);
      if (std::holds_alternative<channel_message>(reply) && !is_told) std::abort();
      book.commands();
    }
  }
  return 0;
}
