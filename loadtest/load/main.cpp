#include "loadtest/load/build.hpp"
#include "loadtest/load/commands.hpp"
#include "loadtest/load/exit_code.hpp"
#include "loadtest/plan/plan.hpp"
#include "loadtest/report/report.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

namespace {

using namespace parley::load;

constexpr auto footer =
    "SCENARIO --help has every parameter: all of them go with all scenarios. docs/load.md has examples.\n"
    "Exit codes: 0 measured, nothing wrong; 1 the checker saw a violation (or more drift than allowed); 64 the "
    "command\n"
    "line, 65 the scenario file is wrong; 66 a file is not there; 69 a target is out of reach or went away; 71 too "
    "few\n"
    "descriptors or ports; 73 the result cannot be written; 130 interrupted, the result is partial.";

int carry_out(int argc, char** argv) {
  CLI::App app{"parley-load: loads Parley nodes, checks every stream, and says what it measured.", "parley-load"};
  app.footer(footer);
  app.set_version_flag("--version", "parley-load " + build_version() + " (" + build_commit() + ")");
  app.require_subcommand(1);
  add_scenarios(app);
  add_report(app);
  add_plan(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RuntimeError& ended) {
    return ended.get_exit_code();
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong) == 0 ? 0 : static_cast<int>(exit_code::usage);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return carry_out(argc, argv);
  } catch (const refusal& why) {
    std::string text = why.what();
    if (!text.starts_with("parley-load:")) text = "parley-load: " + text + '\n';
    std::fputs(text.c_str(), stderr);
    return static_cast<int>(why.code());
  } catch (const std::exception& bug) {
    std::fprintf(stderr, "parley-load: %s\n", bug.what());
    return static_cast<int>(exit_code::internal);
  }
}
