#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace parley {

/// `error` wakes someone, `warn` is for tomorrow, `info` is a change of state, `debug` one event's path.
enum class log_level : std::uint8_t { debug, info, warn, error };

struct log_field {
  std::string_view name;
  std::string value;
};

/// Where a component says what happened: a stable event name and fields, e.g. `shard.lost shard=12 term=18`. The one
/// writer quotes values. Never a message's content, never a token, never a query string. Thread-safe.
class log {
public:
  virtual ~log() = default;
  virtual bool is_on(log_level level) const = 0;
  virtual void write(log_level level, std::string_view event, std::initializer_list<log_field> fields = {}) = 0;
};

}  // namespace parley
