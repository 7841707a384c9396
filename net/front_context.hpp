#pragma once

#include "actors/ports/conversation.hpp"
#include "actors/ports/log.hpp"
#include "net/admission.hpp"
#include "net/front_hooks.hpp"
#include "net/front_options.hpp"
#include "net/front_probe.hpp"

#include <atomic>
#include <cstdint>

namespace parley::net {

/// What all threads and connections of one front share. Outlives them.
struct front_context {
  front_context(front_options given, reception& to, front_hooks asked, log& lines, front_probe& counts)
      : options(std::move(given)),
        desk(to),
        hooks(std::move(asked)),
        out(lines),
        probe(counts),
        addresses(options.connections_per_address_max),
        users(options.connections_per_user_max) {}

  const front_options options;
  reception& desk;
  const front_hooks hooks;
  log& out;
  front_probe& probe;
  admission addresses;
  admission users;

  session_id next_session() { return session_id{last_session_.fetch_add(1, std::memory_order_relaxed) + 1}; }

private:
  std::atomic<std::uint64_t> last_session_{0};
};

}  // namespace parley::net
