#pragma once

#include "actors/core/replies.hpp"
#include "actors/core/requests.hpp"
#include "actors/core/write_order.hpp"
#include "tests/exhaustive/storage.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace parley::exhaustive {

/// One client that publishes, over one connection to one node at a time. It repeats what failed, in order, with the
/// same keys, and holds the answers against what is stored.
struct publisher {
  enum class state : std::uint8_t { unsent, waiting, failed, acked };
  struct write {
    std::shared_ptr<const draft> what;
    publisher::state state = state::unsent;
    unsigned attempts = 0;
    std::uint64_t number = 0;  ///< in the session's order
    seq after;                 ///< acknowledged to anybody before this was first asked
    position acked;
    std::vector<std::string> refused;  ///< attempts that were told to have stored nothing
  };

  std::vector<write> writes;
  write_order order;
  session_id session;
  std::size_t node = 0;

  bool is(publisher::state s) const;  ///< is any of its writes in this state?
  bool is_done() const;
  bool may_send(unsigned attempts_max) const;
  seq acked() const;  ///< the largest
  /// The connection ended: of what waits nothing is known.
  void cut();
  /// One answer, in order. @returns what is wrong with it
  std::string told(const server_message& answer, const storage& stored);
};

/// What one session's thread shows its client, in order.
struct drained_mark {};
using shown = std::variant<reply::joined, refusal, push::batch, push::live, push::catching_up, push::gap, push::head,
                           drained_mark>;

/// The client that joins. It believes nothing: G3, G4, G6 and the protocol's rules on phases.
struct reader {
  generation gen;  ///< of its newest join
  bool is_asked = false, is_joined = false, is_live = false, was_live = false;
  request::join_options options;
  seq must_reach;  ///< acknowledged to anybody before the join was asked for
  position last;

  void ask(request::join_options wish, seq acked);
  /// @returns what is wrong with it
  std::string told(const shown& what, const storage& stored);

private:
  std::string got(const reply::joined& j, const storage& stored);
  std::string got(const push::batch& b, const storage& stored);
  std::string got(const push::live& l);
};

}  // namespace parley::exhaustive
