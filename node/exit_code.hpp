#pragma once

namespace parley {

/// What the program's end means to the one who started it; `parleyd --help` lists them. The numbers are sysexits(3)'s.
enum class exit_code : int {
  ok = 0,
  usage = 64,         ///< the command line, environment or file is wrong: nothing was started
  unavailable = 69,   ///< a database that the start needs is out of reach
  internal = 70,      ///< a bug, a disk that failed at commit, or a stop that hung
  cannot_take = 73,   ///< the port, the data folder or the node's name belongs to another process
  incompatible = 78,  ///< the database is of a newer version, or of another cluster
};

}  // namespace parley
