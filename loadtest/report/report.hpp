#pragma once

namespace CLI {
class App;
}

namespace parley::load {

/// Adds `report RESULT.json [MORE.json ...] -o report.html`. Where it fails, its callback prints why to standard error
/// and throws CLI::RuntimeError with the code that the program is to end with: 65 a file is no result, 66 it cannot be
/// read, 73 the report cannot be written (sysexits' numbers).
void add_report(CLI::App& app);

}  // namespace parley::load
