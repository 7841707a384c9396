#include "loadtest/driver/crowd.hpp"
#include "loadtest/driver/load_options.hpp"

#include <CLI/CLI.hpp>

#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdio>

namespace {

/// A connection is a file, and a timer must not be 50 us late where latencies of 500 us are measured.
void prepare_process() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  ::prctl(PR_SET_TIMERSLACK, 1UL);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace parley::load;
  load_options o;
  CLI::App app{
      "Loads a node and checks every stream. Prints `begin`, then one line of JSON.\n"
      "Exit codes: 0 measured, 1 failed or violated, 2 usage."};
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--to", o.to, "ADDRESS:PORT of the node")->capture_default_str();
  app.add_option("--prefix", o.prefix, "rooms are PREFIX-0, PREFIX-1, ...: a fresh one for each run")
      ->capture_default_str();
  app.add_option("--connections", o.connections, "sessions that publish, read, join or sit")->capture_default_str();
  app.add_option("--rooms", o.rooms, "rooms in all")->capture_default_str();
  app.add_option("--text-bytes", o.text_bytes, "of each message")->capture_default_str();
  app.add_option("--warm-up", o.warm_up, "seconds before what is measured")->capture_default_str();
  app.add_option("--seconds", o.seconds, "what is measured")->capture_default_str();
  auto* publish = app.add_subcommand("publish", "durable publishes: closed by a window, or open at a rate");
  publish->add_option("--window", o.window, "unanswered publishes of one connection")->capture_default_str();
  publish->add_option("--rate", o.rate, "publishes/s of an open loop; 0: closed")->capture_default_str();
  auto* fan_out = app.add_subcommand("fan-out", "one publisher, --connections readers: deliveries");
  fan_out->add_option("--window", o.window, "messages under way at once")->capture_default_str();
  fan_out->add_option("--rooms-each", o.rooms_each, "rooms that one reader joins")->capture_default_str();
  auto* join = app.add_subcommand("join", "one hot room, joined again and again by each connection");
  join->add_option("--rewind", o.rewind, "events of history in each join")->capture_default_str();
  auto* idle = app.add_subcommand("idle", "sessions with one joined room, until standard input ends");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong) == 0 ? 0 : 2;
  }
  prepare_process();
  try {
    if (*publish) publish_load(o);
    if (*fan_out) fan_out_load(o);
    if (*join) join_load(o);
    if (*idle) idle_load(o);
  } catch (const failure& f) {
    std::fprintf(stderr, "load_driver: %s\n", f.why.c_str());
    return 1;
  }
  return 0;
}
