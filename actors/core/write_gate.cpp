#include "actors/core/write_gate.hpp"

#include "actors/core/mutant.hpp"

#include <algorithm>

namespace parley {

void write_gate::failed(session_id session, round in, instant now) {
  auto [entry, is_new] = failures_.try_emplace(session, failure{in, now});
  if (!is_new) entry->second = {std::max(entry->second.last, in), now};
}

bool write_gate::admits(session_id session, round in) const {
  auto found = failures_.find(session);
  return is_on(mutant::retry_reorders_session) || found == failures_.end() || in > found->second.last;
}

void write_gate::forget_old(instant now) {
  std::erase_if(failures_, [&](const auto& entry) { return now - entry.second.at > seconds{60}; });
}

}  // namespace parley
