#include "storage/redis/subscription_book.hpp"

#include "storage/redis/resp_command.hpp"

#include <algorithm>
#include <utility>

namespace parley {
namespace {

using verb_kind = subscription_command::verb_kind;

// 64 names of about 100 bytes are one read of Redis' 16 KiB buffer; 32 such commands keep the link busy over a round
// trip, and a hundred thousand rooms never wait in one piece in its output buffer.
constexpr std::size_t channels_per_command = 64;
constexpr std::size_t commands_under_way_max = 32;

using value_kind = resp_value::value_kind;

bool is_push(const resp_value& v) {
  return v.kind == value_kind::array && v.elements.size() == 3 && v.elements[0].kind == value_kind::string &&
         v.elements[1].kind == value_kind::string;
}

/// The answer to a PING: a list on a link with subscriptions, a status on one without.
bool is_pong(const resp_value& v) {
  if (v.kind == value_kind::status) return v.text == "PONG";
  return v.kind == value_kind::array && v.elements.size() == 2 && v.elements[0].kind == value_kind::string &&
         v.elements[0].text == "pong";
}

}  // namespace

bool subscription_book::want(const std::string& channel, channel_subject subject) {
  auto& named = *entries_.try_emplace(channel, entry{std::move(subject)}).first;
  named.second.is_wanted = true;
  if (named.second.wire == standing::subscribed) return true;
  list(named);
  return false;
}

void subscription_book::unwant(const std::string& channel) {
  const auto at = entries_.find(channel);
  if (at == entries_.end()) return;
  at->second.is_wanted = false;
  if (is_open_)
    list(*at);
  else
    entries_.erase(at);
}

void subscription_book::link_opened() {
  is_open_ = true;
  for (auto& named : entries_) list(named);
}

void subscription_book::link_lost() {
  is_open_ = false;
  under_way_.clear();
  changed_.clear();
  std::erase_if(entries_, [](const auto& named) { return !named.second.is_wanted; });
  for (auto& [channel, e] : entries_) {
    e.wire = standing::none;
    e.is_listed = false;
  }
}

std::vector<subscription_command> subscription_book::commands() {
  std::vector<subscription_command> made;
  while (is_open_ && !changed_.empty()) {
    const auto at = entries_.find(changed_.front());
    if (at == entries_.end()) {
      changed_.pop_front();
      continue;
    }
    entry& e = at->second;
    const bool subscribe = needs(e, verb_kind::subscribe);
    if (subscribe || needs(e, verb_kind::unsubscribe)) {
      subscription_command wish{subscribe ? verb_kind::subscribe : verb_kind::unsubscribe, {}, {}};
      if (dialect_.is_sharded) wish.slot = slot_of(at->first);
      auto* into = room_in(made, wish);
      if (!into && under_way_.size() + made.size() >= commands_under_way_max) break;
      if (!into) into = &made.emplace_back(std::move(wish));
      into->channels.push_back(at->first);
      e.wire = subscribe ? standing::subscribing : standing::unsubscribing;
    }
    e.is_listed = false;
    changed_.pop_front();
    if (!e.is_wanted && e.wire == standing::none) entries_.erase(at);
  }
  under_way_.insert(under_way_.end(), made.begin(), made.end());
  return made;
}

book_reply subscription_book::replied(resp_value reply) {
  if (reply.kind == value_kind::error) return refused(reply.text);
  if (dialect_.is_sharded && is_pong(reply)) return fence_passed();
  if (is_push(reply)) return pushed(std::move(reply));
  return reply_fault{"unexpected reply"};
}

book_reply subscription_book::pushed(resp_value push) {
  const std::string& what = push.elements[0].text;
  const std::string& channel = push.elements[1].text;
  if (what == dialect_.message) return delivered(channel, std::move(push.elements[2].text));
  if (what == dialect_.subscribed) return confirmed(verb_kind::subscribe, channel);
  if (what == dialect_.unsubscribed)
    return dialect_.is_sharded ? ended(channel) : confirmed(verb_kind::unsubscribe, channel);
  return reply_fault{"unexpected push"};
}

std::size_t subscription_book::wanted() const {
  return static_cast<std::size_t>(
      std::count_if(entries_.begin(), entries_.end(), [](const auto& named) { return named.second.is_wanted; }));
}

void subscription_book::list(entries::value_type& named) {
  if (!is_open_ || std::exchange(named.second.is_listed, true)) return;
  // The canary's subscription goes first: behind a hundred thousand rooms it would come too late, and look like a loss.
  if (std::holds_alternative<canary_channel>(named.second.subject))
    changed_.push_front(named.first);
  else
    changed_.push_back(named.first);
}

bool subscription_book::needs(const entry& e, verb_kind verb) const {
  return verb == verb_kind::subscribe ? e.is_wanted && e.wire == standing::none
                                      : !e.is_wanted && e.wire == standing::subscribed;
}

/// Sharded channels are grouped by their slots, in whatever order they are wanted; others keep their order.
subscription_command* subscription_book::room_in(std::vector<subscription_command>& made,
                                                 const subscription_command& wish) const {
  for (auto at = made.rbegin(); at != made.rend(); ++at) {
    if (at->verb == wish.verb && at->slot == wish.slot && at->channels.size() < channels_per_command) return &*at;
    if (!dialect_.is_sharded) break;
  }
  return nullptr;
}

book_reply subscription_book::confirmed(verb_kind verb, const std::string& channel) {
  if (under_way_.empty() || under_way_.front().verb != verb || under_way_.front().channels.empty() ||
      under_way_.front().channels.front() != channel)
    return reply_fault{"a confirmation out of turn"};
  auto& channels = under_way_.front().channels;
  channels.erase(channels.begin());
  if (channels.empty() && !dialect_.is_sharded) under_way_.pop_front();

  auto& named = *entries_.find(channel);  // kept while a command is under way
  entry& e = named.second;
  e.wire = verb == verb_kind::subscribe ? standing::subscribed : standing::none;
  if (e.wire == standing::subscribed && e.is_wanted) return subscription_confirmed{e.subject};
  list(named);  // the wish changed meanwhile, or the entry has no use any more
  return reply_ignored{};
}

/// The whole first command was refused.
book_reply subscription_book::refused(const std::string& why) {
  const auto where = dialect_.is_sharded ? parse_redirection(why) : std::nullopt;
  if (!where) return reply_fault{"refused: " + why};
  if (under_way_.empty() || under_way_.front().channels.empty()) return reply_fault{"a refusal out of turn"};
  auto& command = under_way_.front();
  // A slot that is no longer here took its subscriptions with it: the end was pushed before.
  if (command.verb == verb_kind::unsubscribe) return reply_ignored{};
  for (const auto& channel : std::exchange(command.channels, {})) {
    auto& named = *entries_.find(channel);
    named.second.wire = standing::none;
    if (!named.second.is_wanted) list(named);
  }
  return command_redirected{command.slot, *where};
}

/// By our command, or by the server: which of both, nothing tells before the fence.
book_reply subscription_book::ended(const std::string& channel) {
  const auto at = entries_.find(channel);
  if (at == entries_.end() || at->second.wire != standing::subscribed) return reply_ignored{};
  at->second.wire = standing::none;
  if (at->second.is_wanted) return subscription_ended{slot_of(channel)};
  list(*at);
  return reply_ignored{};
}

book_reply subscription_book::fence_passed() {
  if (under_way_.empty()) return reply_fault{"an answer to nothing"};
  const auto command = std::move(under_way_.front());
  under_way_.pop_front();
  if (command.verb == verb_kind::subscribe && !command.channels.empty()) return reply_fault{"a missing confirmation"};
  for (const auto& channel : command.channels) {
    auto& named = *entries_.find(channel);
    named.second.wire = standing::none;
    list(named);  // it may be wanted again, or has no use any more
  }
  return reply_ignored{};
}

book_reply subscription_book::delivered(const std::string& channel, std::string payload) {
  const auto at = entries_.find(channel);
  if (at == entries_.end() || !at->second.is_wanted || at->second.wire != standing::subscribed) return reply_ignored{};
  return channel_message{at->second.subject, std::move(payload)};
}

std::string format(const std::vector<subscription_command>& commands, const pubsub_dialect& dialect) {
  std::string made;
  for (const auto& command : commands) {
    std::vector<std::string_view> words{command.verb == verb_kind::subscribe ? dialect.subscribe : dialect.unsubscribe};
    words.insert(words.end(), command.channels.begin(), command.channels.end());
    append_command(made, words);
    if (dialect.is_sharded) append_command(made, {"PING"});
  }
  return made;
}

}  // namespace parley
