#pragma once

#include "actors/core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct redisReader;

namespace parley {

/// One reply or push of a Redis server (RESP2).
struct resp_value {
  enum class value_kind : std::uint8_t { nil, status, error, integer, string, array };

  value_kind kind = value_kind::nil;
  std::string text;      ///< of a status, error or string
  long long number = 0;  ///< of an integer
  std::vector<resp_value> elements;
};

struct resp_limits {
  std::size_t elements_max = 64;           ///< of one array: pushes have three
  std::size_t values_max = 256;            ///< the elements of all arrays within one value
  std::size_t value_bytes_max = 9u << 20;  ///< one unfinished value, as it waits for its end
};

/// hiredis' parser, with the bounds that hiredis 0.14 lacks: an array's length is checked before anything is
/// allocated for it, and an unfinished value is held only up to a size and a number of parts: what is read of it
/// already is no longer among the bytes that wait.
class resp_reader {
public:
  explicit resp_reader(resp_limits limits = {});
  ~resp_reader();
  resp_reader(resp_reader&&) = delete;

  /// @returns false for bytes that are no RESP2 or past a limit. From then on nothing is read: close the link.
  bool feed(std::string_view bytes);
  /// The next finished value; none: feed more, or `fault()`.
  std::optional<resp_value> next();
  /// Why the bytes cannot be read any further; empty while they can.
  const std::string& fault() const { return fault_; }

  /// For hiredis' call-backs. @returns false: so many more are past a limit
  bool has_room_for(int elements);

private:
  struct closer {
    void operator()(redisReader* reader) const;
  };

  void fail(std::string why);

  const resp_limits limits_;
  std::size_t value_bytes_ = 0;  ///< fed since the last finished value
  std::size_t values_left_;      ///< of the value that is being read
  std::unique_ptr<redisReader, closer> reader_;
  std::string fault_;
};

}  // namespace parley
