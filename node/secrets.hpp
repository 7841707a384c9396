#pragma once

#include <string>
#include <string_view>

namespace parley {

/// A connection string fit to be shown: the password of a URL, of a URL's query and of a libpq keyword string becomes
/// `***`.
std::string mask_secrets(std::string_view connection);

/// Something that is secret as a whole.
std::string mask_whole(std::string_view secret);

bool has_secret(std::string_view connection);

}  // namespace parley
