#include "node/ctl/ca_command.hpp"
#include "node/ctl/cluster_commands.hpp"
#include "node/ctl/refusal.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

namespace {

using parley::ctl::exit_code;

constexpr auto footer =
    "All but `ca` talk to the cluster's databases, which --postgres names, or PARLEY_POSTGRES as for parleyd. COMMAND\n"
    "--help has examples.\n"
    "Exit codes: 0 done; 64 the command line is wrong, or names what is not there; 66 a file that the command reads "
    "is\n"
    "missing or broken; 69 a database is out of reach, or refuses; 70 an internal failure; 73 what the command would\n"
    "write exists already, or cannot be written; 75 what was asked for was not done in time, the message says how it "
    "stands; 78 a database\n"
    "has no schema or another version's, or is not this cluster's.";

exit_code carry_out(int argc, char** argv) {
  bool is_json = false;
  CLI::App app{"parleyctl: the hand of whoever operates a Parley cluster.", "parleyctl"};
  app.footer(footer);
  app.set_version_flag("--version", "parleyctl " PARLEY_VERSION, "Prints the version");
  app.add_flag("--json", is_json, "Prints results as one JSON object");
  app.require_subcommand(1);
  parley::ctl::add_ca(app, is_json);
  parley::ctl::add_databases_command(app, is_json);
  parley::ctl::add_endpoints_command(app, is_json);
  parley::ctl::add_nodes(app, is_json);
  parley::ctl::add_shards(app, is_json);
  parley::ctl::add_rooms(app, is_json);
  parley::ctl::add_move(app, is_json);
  parley::ctl::add_drain(app, is_json);
  parley::ctl::add_undrain(app, is_json);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& what) {
    if (app.exit(what) == static_cast<int>(CLI::ExitCodes::Success)) return exit_code::ok;  // help, version
    return exit_code::usage;
  }
  return exit_code::ok;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return static_cast<int>(carry_out(argc, argv));
  } catch (const parley::ctl::refusal& why) {
    std::fprintf(stderr, "parleyctl: %s\n", why.what());
    return static_cast<int>(why.code());
  } catch (const std::exception& bug) {
    std::fprintf(stderr, "parleyctl: %s\n", bug.what());
    return static_cast<int>(exit_code::internal);
  }
}
