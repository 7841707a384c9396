#include "loadtest/report/report.hpp"

#include "loadtest/report/page.hpp"
#include "loadtest/report/read_result.hpp"
#include "loadtest/report/wrong_file.hpp"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>

namespace parley::load {
namespace {

constexpr int wrong_data = 65, no_input = 66, cannot_make = 73;
constexpr int results_max = 12;  // more lines in one plot cannot be told apart

struct report_options {
  std::vector<std::string> results;
  std::string output = "report.html";
};

[[noreturn]] void fail(int code, const std::string& why) {
  std::fprintf(stderr, "parley-load report: %s\n", why.c_str());
  throw CLI::RuntimeError(code);
}

void write_page(const std::string& path, const std::string& page) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << page;
  out.close();
  if (!out) fail(cannot_make, path + ": cannot be written: " + std::strerror(errno));
}

void make_report(const report_options& o) {
  std::vector<reporting::run_result> runs;
  try {
    for (const auto& path : o.results) runs.push_back(reporting::read_result(path));
  } catch (const reporting::wrong_file& wrong) {
    fail(wrong_data, wrong.what());
  } catch (const reporting::missing_file& missing) {
    fail(no_input, missing.what());
  }
  write_page(o.output, reporting::page_of(runs));
  std::printf("%s: open it in any browser; it needs no network\n", o.output.c_str());
}

}  // namespace

void add_report(CLI::App& app) {
  auto o = std::make_shared<report_options>();
  auto* command =
      app.add_subcommand("report", "One HTML file with plots out of one result file, or several to compare");
  command->add_option("RESULT.json", o->results, "result files; the first is what the others are compared with")
      ->required()
      ->expected(1, results_max);
  command->add_option("-o,--output", o->output, "the file to write")->capture_default_str();
  command->callback([o] { make_report(*o); });
}

}  // namespace parley::load
