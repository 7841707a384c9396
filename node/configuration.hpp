#pragma once

#include "net/limits.hpp"
#include "node/node_options.hpp"
#include "storage/postgres/postgres_options.hpp"
#include "storage/redis/redis_fan_out.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace parley {

/// The options of every room. What a room's struct repeats of the node's (shards, checked, ...) is copied over in
/// `complete`, so that an operator says it once.
struct configuration {
  node_options node;
  net::limits limits;
  postgres_options postgres;  ///< of every database; the DSN is set per database
  redis_options redis;        ///< of every endpoint; the URL is set per endpoint
};

/// What the command line asks for.
enum class command : std::uint8_t { serve, migrate, config, help, version };

/// Something that the operator has to change. `where` is "parleyd.toml:12", "PARLEY_SHARDS", "--shards" or empty.
struct mistake {
  std::string where;
  std::string text;

  friend bool operator==(const mistake&, const mistake&) = default;
};

/// All that the process was told, judged as a whole.
struct reading {
  configuration options;
  parley::command command = parley::command::serve;
  std::string help;                              ///< of the command
  std::string config_path;                       ///< empty: none
  std::map<std::string, std::string> set_where;  ///< setting's key -> where its value is from; absent: the default
  std::vector<mistake> mistakes;                 ///< empty: fine
};

using environment = std::vector<std::pair<std::string, std::string>>;
/// @returns the file's text, or none with a reason
struct file_text {
  std::optional<std::string> text;
  std::string failure;
};
using file_reader = std::function<file_text(const std::string& path)>;

/// Flags win over the environment, that over the file, that over the defaults; each is judged even where it loses.
reading read_configuration(const std::vector<std::string>& arguments, const environment& variables,
                           const file_reader& read_file);

/// The rules that need more than one value. `parleyd config` and `migrate` need no development mode, so that
/// `is_start` tells them apart.
std::vector<mistake> contradictions(const reading& r, bool is_start);

/// As a file that says the same, with each value's meaning, unit, bounds, default and source. Secrets are masked.
std::string effective_file(const reading& r);

/// "parleyd: 2 mistakes in the configuration, nothing was started" and a line for each.
std::string report(const std::vector<mistake>& mistakes);

}  // namespace parley
