#pragma once

#include <cstddef>
#include <string>

namespace parley::load {

/// One run's command line. Which of them a load reads is said in `--help`.
struct load_options {
  std::string to = "127.0.0.1:8080";
  std::string prefix = "load";  ///< rooms are PREFIX-0, PREFIX-1, ...; a fresh one for each run
  std::size_t connections = 16;
  std::size_t rooms = 1;
  std::size_t rooms_each = 1;  ///< of one reader
  std::size_t window = 1;      ///< unanswered publishes, of a connection (publish) or of the load (fan-out)
  double rate = 0;             ///< publishes/s of an open loop; 0: closed, as fast as `window` allows
  std::size_t text_bytes = 160;
  unsigned rewind = 50;
  double warm_up = 2;  ///< seconds before what is measured
  double seconds = 20;
};

/// Each prints `begin` when what it measures begins, and at the end one line of JSON. They throw `failure`, also where
/// the checker found a violation.
void publish_load(const load_options& options);
void fan_out_load(const load_options& options);
void join_load(const load_options& options);
/// Holds its connections until standard input ends.
void idle_load(const load_options& options);

}  // namespace parley::load
