#pragma once

namespace CLI {
class App;
}

namespace parley::load {

/// Adds a subcommand for each scenario, and `run FILE`. Each runs when the command line has been read, and ends with
/// `CLI::RuntimeError` where its exit code is not 0. Throws `refusal`.
void add_scenarios(CLI::App& app);

}  // namespace parley::load
