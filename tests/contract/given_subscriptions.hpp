#pragma once

#include "storage/redis/subscription_book.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <variant>
#include <vector>

/// What a server says to a subscription_book, and what the book asked of it, in few words.
namespace parley::testing {

using value_kind = resp_value::value_kind;
using verb_kind = subscription_command::verb_kind;
using commands = std::vector<subscription_command>;

inline constexpr room_key general{{1}};

inline resp_value text(std::string s) {
  resp_value v;
  v.kind = value_kind::string;
  v.text = std::move(s);
  return v;
}

inline resp_value push(std::string what, std::string channel, std::string payload = "1") {
  resp_value v;
  v.kind = value_kind::array;
  v.elements = {text(std::move(what)), text(std::move(channel)), text(std::move(payload))};
  return v;
}

inline commands subscribe(std::vector<std::string> channels) { return {{verb_kind::subscribe, std::move(channels)}}; }
inline commands unsubscribe(std::vector<std::string> channels) {
  return {{verb_kind::unsubscribe, std::move(channels)}};
}

inline bool is_told(const book_reply& r) { return std::holds_alternative<subscription_confirmed>(r); }
inline bool is_message(const book_reply& r) { return std::holds_alternative<channel_message>(r); }
inline bool is_fault(const book_reply& r) { return std::holds_alternative<reply_fault>(r); }

inline subscription_book standing_on(const std::string& channel) {
  subscription_book book;
  book.link_opened();
  book.want(channel, general);
  book.commands();
  REQUIRE(is_told(book.replied(push("subscribe", channel))));
  return book;
}

}  // namespace parley::testing
