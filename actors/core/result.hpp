#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

namespace parley {

/// What can go wrong that a caller may act on. A new value arrives with the code that handles it.
enum class errc : std::uint8_t {
  unavailable,      ///< nothing was written: retry later
  outcome_unknown,  ///< it may be committed: find out, never guess (C6)
  not_owner,        ///< another node holds the shard, or this one's term ended: route the publish there
  room_forked,      ///< the key (room, seq) or the checked mode refused: this owner's head is wrong, step down (C2)
  locked,           ///< waited for someone else's locks too long, nothing was written: find out whose, split
  refused_content,  ///< the store refuses this very content: bisect, so that neighbours are committed (C16)
  incompatible,     ///< the database is of a newer schema, or of another cluster: refuse to start
};
std::string_view to_string(errc code);

struct error {
  errc code;
  std::string detail;  ///< for our logs, never for clients

  friend bool operator==(const error& a, const error& b) { return a.code == b.code; }
  friend std::ostream& operator<<(std::ostream& out, const error& e) {
    return out << to_string(e.code) << (e.detail.empty() ? "" : ": ") << e.detail;
  }
};

/// For boost::system::result: using the value of a failed result is a bug, and says which.
[[noreturn]] void throw_exception_from_error(const error& e, const boost::source_location& where);

template <class T>
struct [[nodiscard]] result : boost::system::result<T, error> {
  using boost::system::result<T, error>::result;
};

/// Runs exactly once, on the adapter's thread: only post from it.
template <class T>
using completion = std::function<void(result<T>)>;

}  // namespace parley
