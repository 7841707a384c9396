#pragma once

#include <optional>
#include <string>

namespace parley {

/// What libpq cannot read in a connection string (a parameter that it does not know, a broken URL): such a mistake does
/// not go away by waiting, as an address does that nobody answers at.
/// @returns none where it can be read
std::optional<std::string> mistake_in_dsn(const std::string& dsn);

}  // namespace parley
