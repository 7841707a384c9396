#pragma once

#include "storage/redis/channel_names.hpp"
#include "storage/redis/pubsub_dialect.hpp"
#include "storage/redis/redirection.hpp"
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
  key_slot slot{};  ///< of the channels, where they are sharded

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
struct reply_ignored {};     ///< a message of a channel that is no longer wanted, a confirmation that changes nothing
struct subscription_ended {  ///< by the server itself: the slot went to another one; sharded only
  key_slot slot;
};
struct command_redirected {  ///< no channel of the slot was subscribed; sharded only
  key_slot slot;
  redirection where;
};
struct reply_fault {  ///< a refusal, or what no Redis says: close the link
  std::string reason;
};
using book_reply = std::variant<reply_ignored, subscription_confirmed, channel_message, subscription_ended,
                                command_redirected, reply_fault>;

/// Which channels are wanted and which stand on the subscribing link, and what to say to make the two equal. Sans-I/O.
/// A channel has at most one command under way, so that wishes which change their mind in between cost nothing. Replies
/// are matched to commands first in, first out: an error reply does not name its channel.
/// What a server ended or redirected is asked of it again only once it is wanted again: it may belong elsewhere now.
class subscription_book {
public:
  explicit subscription_book(pubsub_dialect dialect = plain_pubsub) : dialect_(dialect) {}

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
  subscription_command* room_in(std::vector<subscription_command>& made, const subscription_command& wish) const;
  book_reply pushed(resp_value push);
  book_reply confirmed(subscription_command::verb_kind verb, const std::string& channel);
  book_reply delivered(const std::string& channel, std::string payload);
  book_reply refused(const std::string& why);
  book_reply ended(const std::string& channel);
  book_reply fence_passed();

  pubsub_dialect dialect_;
  entries entries_;
  std::deque<std::string> changed_;             ///< channels to look at, in the order of the wishes
  std::deque<subscription_command> under_way_;  ///< sent; the channels that are not confirmed yet
  bool is_open_ = false;
};

/// As Redis wants it.
std::string format(const std::vector<subscription_command>& commands, const pubsub_dialect& dialect = plain_pubsub);

}  // namespace parley
