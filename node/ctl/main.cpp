#include "node/ctl/ca_command.hpp"
#include "node/ctl/refusal.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

namespace {

using parley::ctl::exit_code;

constexpr auto footer =
    "Exit codes: 0 done; 64 the command line is wrong; 66 a file that the command reads is missing or broken; 70 an\n"
    "internal failure; 73 what the command would write exists already, or cannot be written.";

exit_code carry_out(int argc, char** argv) {
  bool is_json = false;
  CLI::App app{"parleyctl: the hand of whoever operates a Parley cluster.", "parleyctl"};
  app.footer(footer);
  app.set_version_flag("--version", "parleyctl " PARLEY_VERSION, "Prints the version");
  app.add_flag("--json", is_json, "Prints results as one JSON object");
  app.require_subcommand(1);
  parley::ctl::add_ca(app, is_json);
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
