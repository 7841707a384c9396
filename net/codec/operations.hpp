#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace parley::net {

/// What a body's name in an envelope stands for. `erase` is `delete`, which C++ keeps for itself.
enum class operation : std::uint8_t {
  connect,
  join,
  leave,
  publish,
  edit,
  erase,
  history,
  mark_read,
  typing,
  refresh,
  ping,
  not_ours,  ///< a reply or a push: a body that only the server sends
};

/// Nothing for a name that is no body: an unknown field.
std::optional<operation> operation_named(std::string_view name);
std::string_view name_of(operation what);
/// Writes keep their place in their room's order of answers.
bool is_write(operation what);

}  // namespace parley::net
