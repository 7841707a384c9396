#pragma once

namespace CLI {
class App;
}

namespace parley::load {

/// Adds `plan --connections C --publishes U --readers A --nodes-holding K ...`. What it cannot plan its callback prints
/// to standard error, and throws CLI::RuntimeError with the code that the program ends with, as `CLI::App::exit`
/// returns it: 64 the demand is odd, 65 the file of costs is.
void add_plan(CLI::App& app);

}  // namespace parley::load
