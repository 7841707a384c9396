#pragma once

#include "storage/redis/channel_names.hpp"
#include "storage/redis/resp_reader.hpp"

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace parley {

struct subscription_command {
  enum class verb_kind : std::uint8_t { subscribe, unsubscribe };

  verb_kind verb;
  std::vector<std::string> channels;

  friend bool operator==(const subscription_command&, const subscription_command&) = default;
};

/// What a reply of the subscribing link means.
struct subscription_confirmed {
  channel_subject subject;
};
struct channel_message {
  channel_subject subject;
  std::string payload;
};
struct reply_ignored {};  ///< a message of a channel that is no longer wanted, a confirmation that changes nothing
struct reply_fault {      ///< a refusal, or what no Redis says: close the link
  std::string reason;
};
using book_reply = std::variant<reply_ignored, subscription_confirmed, channel_message, reply_fault>;

/// Which channels are wanted and which stand on the subscribing link, and what to say to make the two equal. Sans-I/O.
/// A channel has at most one command under way, so that wishes which change their mind in between cost nothing. Replies
/// are matched to commands first in, first out: an error reply does not name its channel.
class subscription_book {
public:
  /// @returns true where the channel stands already: tell it at once
  bool want(const std::string& channel, channel_subject subject);
  void unwant(const std::string& channel);

  /// Every wanted channel must be subscribed on the new link.
  void link_opened();
  void link_lost();

  /// What to send now. Bounded: call again after each reply.
  std::vector<subscription_command> commands();
  book_reply replied(resp_value reply);

  std::size_t wanted() const;

private:
  enum class standing : std::uint8_t { none, subscribing, subscribed, unsubscribing };
  struct entry {
    channel_subject subject;
    bool is_wanted = false;
    bool is_listed = false;  ///< in `changed_`
    standing wire = standing::none;
  };
  using entries = std::unordered_map<std::string, entry>;

  void list(entries::value_type& named);
  bool needs(const entry& e, subscription_command::verb_kind verb) const;
  void put(std::vector<subscription_command>& made, subscription_command::verb_kind verb, const std::string& channel);
  book_reply confirmed(subscription_command::verb_kind verb, const std::string& channel);
  book_reply delivered(const std::string& channel, std::string payload);

  entries entries_;
  std::deque<std::string> changed_;             ///< channels to look at, in the order of the wishes
  std::deque<subscription_command> under_way_;  ///< sent; the channels that are not confirmed yet
  bool is_open_ = false;
};

/// As Redis wants it.
std::string format(const std::vector<subscription_command>& commands);

}  // namespace parley
