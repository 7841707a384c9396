#pragma once

#include "actors/chat_context.hpp"
#include "actors/core/join_merge.hpp"
#include "actors/core/send_budget.hpp"
#include "actors/core/write_order.hpp"
#include "actors/messages.hpp"
#include "actors/ports/session_port.hpp"

#include <caf/event_based_actor.hpp>

#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace parley {

/// One session's conversation: runs the join merge of each of its rooms, keeps its writes in order, reads pages for it.
/// Never part of a live delivery: those go from the feed to the thread's live table.
class connection_actor : public caf::event_based_actor {
public:
  connection_actor(caf::actor_config& config, context_ptr context, std::shared_ptr<session_port> session,
                   std::string instance, caf::actor router, caf::actor feeds);

  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "connection"; }

private:
  struct subscription {
    room_ref room;
    parley::generation gen;
    std::uint32_t request_id = 0;
    join_merge merge;
    caf::actor feed;                       ///< once it answered
    bool is_in_connect = false;            ///< its reply is part of `connected`, which it must not overtake
    bool is_answered = false;              ///< `joined` was said, or stands in `connected`
    join_merge::effects held{};            ///< what follows that reply
    std::vector<client_request> behind{};  ///< joins and leaves that came before it: each is answered, in order
  };
  /// A page that was asked for and waits for its turn.
  struct asked_page {
    std::uint32_t id;
    history_query query;
  };
  /// What leads to a send of history. It waits while the session's socket does not take what it was given.
  using send_step = std::variant<msg::feed_attached, msg::feed_fetched, msg::drained>;
  struct sent_write {
    std::uint32_t id;
    std::string client_msg_id;
  };
  struct writing {
    write_order order;
    std::unordered_map<std::uint64_t, sent_write> sent;  ///< by number
    /// A few recent ones of rooms that are not joined: SHA-256 once, not per publish.
    std::unordered_map<std::string, room_ref> identities;
  };

  void asked(std::uint32_t id, request::connect& r);
  void asked(std::uint32_t id, request::join& r);
  void asked(std::uint32_t id, request::leave& r);
  void asked(std::uint32_t id, request::publish& r);
  void asked(std::uint32_t id, request::history& r);
  void asked(std::uint32_t id, request::ping& r);
  void asked(std::uint32_t id, request::refused& r);

  void begin_join(std::uint32_t id, const std::string& room, const request::join_options& options, bool in_connect);
  void end_subscription(const std::string& room);
  void erase(const std::string& room);
  void answered(msg::write_answer& m);
  void say_in_order(const std::string& room, std::uint64_t number, server_message answer);
  void history_read(msg::history_read& m);
  void show(msg::history_read& m);
  void reply_to(std::uint32_t id, decltype(server_message::body) body);
  void refuse(std::uint32_t id, refusal why, std::string room, std::string client_msg_id = {});

  void closed();
  std::vector<client_request>* answers_before(const std::string& room);
  bool goes_behind(const std::string& room, client_request what);
  void take_up_behind();
  void in_turn(send_step step);
  void carry_out(msg::feed_attached& m);
  void carry_out(msg::feed_fetched& m);
  void carry_out(const msg::drained& m);
  void spend(const event_list& events);
  void budget_drained();
  void read_pages();
  subscription* attach_answered(const room_key& room, parley::generation gen, const caf::actor& feed);
  subscription* subscription_of(const room_key& room, parley::generation gen);
  void perform(subscription& s, join_merge::effects effects);
  bool perform_one(subscription& s, join_merge::effect& e);
  void connect_outcome(const std::string& room, std::variant<reply::joined, refusal> outcome);
  void finish_connect();
  void say_without_id(std::string room, std::variant<reply::joined, refusal> outcome);
  room_ref identified(const std::string& room);
  writing& writes();

  context_ptr context_;
  std::shared_ptr<session_port> session_;
  std::string instance_;
  caf::actor router_;
  caf::actor feeds_;
  std::string user_;
  std::map<std::string, subscription> rooms_;
  struct keyed {
    room_key key;
    subscription* what;
  };
  // Lists, not hash tables: most sessions have one room, or a few, and are idle.
  std::vector<keyed> keys_;  ///< of the rooms in rooms_
  std::uint32_t last_generation_ = 0;
  std::vector<parley::generation> attaching_;  ///< those whose attach no feed has answered yet
  bool is_closed_ = false;
  send_budget budget_;
  // Lists, which cost nothing while they are empty.
  std::list<send_step> steps_;
  std::list<asked_page> pages_;
  bool is_reading_page_ = false;
  std::list<client_request> due_;     ///< what was behind a join that has its answer now
  std::unique_ptr<writing> writing_;  ///< made by the first that needs it: most sessions only read (P10)
  struct connecting {
    std::uint32_t id = 0;
    reply::connected reply;
    std::size_t waiting = 0;
    std::vector<client_request> behind;  ///< joins and leaves of its rooms that came before its reply
  };
  std::unique_ptr<connecting> connecting_;
};

}  // namespace parley
