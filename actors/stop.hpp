#pragma once

#include <caf/actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/message_priority.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>

namespace parley {

/// Ends an actor before the messages that wait in its mailbox (an ordinary exit message would queue behind them), and
/// lets go of the handle.
inline void stop_now(caf::actor& who) {
  if (who)
    caf::anon_send<caf::message_priority::high>(who, caf::exit_msg{caf::actor_addr{}, caf::exit_reason::user_shutdown});
  who = nullptr;
}

}  // namespace parley
