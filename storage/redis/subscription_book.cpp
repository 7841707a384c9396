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

std::string_view word(verb_kind verb) { return verb == verb_kind::subscribe ? "SUBSCRIBE" : "UNSUBSCRIBE"; }

bool is_push(const resp_value& v) {
  using value_kind = resp_value::value_kind;
  return v.kind == value_kind::array && v.elements.size() == 3 && v.elements[0].kind == value_kind::string &&
         v.elements[1].kind == value_kind::string;
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
      const auto verb = subscribe ? verb_kind::subscribe : verb_kind::unsubscribe;
      const bool fits = !made.empty() && made.back().verb == verb && made.back().channels.size() < channels_per_command;
      if (!fits && under_way_.size() + made.size() >= commands_under_way_max) break;
      put(made, verb, at->first);
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
  if (reply.kind == resp_value::value_kind::error) return reply_fault{"refused: " + reply.text};
  if (!is_push(reply)) return reply_fault{"unexpected reply"};
  const std::string& what = reply.elements[0].text;
  const std::string& channel = reply.elements[1].text;
  if (what == "message") return delivered(channel, std::move(reply.elements[2].text));
  if (what == "subscribe") return confirmed(verb_kind::subscribe, channel);
  if (what == "unsubscribe") return confirmed(verb_kind::unsubscribe, channel);
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

void subscription_book::put(std::vector<subscription_command>& made, verb_kind verb, const std::string& channel) {
  if (made.empty() || made.back().verb != verb || made.back().channels.size() >= channels_per_command)
    made.push_back({verb, {}});
  made.back().channels.push_back(channel);
}

book_reply subscription_book::confirmed(verb_kind verb, const std::string& channel) {
  if (under_way_.empty() || under_way_.front().verb != verb || under_way_.front().channels.front() != channel)
    return reply_fault{"a confirmation out of turn"};
  auto& channels = under_way_.front().channels;
  channels.erase(channels.begin());
  if (channels.empty()) under_way_.pop_front();

  auto& named = *entries_.find(channel);  // kept while a command is under way
  entry& e = named.second;
  e.wire = verb == verb_kind::subscribe ? standing::subscribed : standing::none;
  if (e.wire == standing::subscribed && e.is_wanted) return subscription_confirmed{e.subject};
  list(named);  // the wish changed meanwhile, or the entry has no use any more
  return reply_ignored{};
}

book_reply subscription_book::delivered(const std::string& channel, std::string payload) {
  const auto at = entries_.find(channel);
  if (at == entries_.end() || !at->second.is_wanted || at->second.wire != standing::subscribed) return reply_ignored{};
  return channel_message{at->second.subject, std::move(payload)};
}

std::string format(const std::vector<subscription_command>& commands) {
  std::string made;
  for (const auto& command : commands) {
    std::vector<std::string_view> words{word(command.verb)};
    words.insert(words.end(), command.channels.begin(), command.channels.end());
    append_command(made, words);
  }
  return made;
}

}  // namespace parley
