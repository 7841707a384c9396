#include "loadtest/report/assets.hpp"
#include "loadtest/report/html.hpp"
#include "loadtest/report/page.hpp"
#include "loadtest/report/report.hpp"
#include "tests/loadtest/given_result.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace parley::load {
namespace {

using namespace reporting;
using Catch::Contains;

const std::string hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&<!--";

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
  return n;
}

/// A folder of the test's own, which goes with it.
class folder {
public:
  folder() : path_(std::filesystem::temp_directory_path() / ("parley-report-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~folder() { std::filesystem::remove_all(path_); }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return file(name);
  }

private:
  std::filesystem::path path_;
};

/// The exit code of `parley-load report ARGUMENTS...`.
int report(std::vector<std::string> arguments) {
  CLI::App app;
  add_report(app);
  std::reverse(arguments.begin(), arguments.end());
  arguments.push_back("report");
  try {
    app.parse(arguments);
  } catch (const CLI::Error& error) {
    return error.get_exit_code();
  }
  return 0;
}

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_CASE("a run without violations is said to be so, and one that ended early to be partial", "[loadtest][report]") {
  auto document = small_result();
  CHECK_THAT(page_of({parsed(document)}), Contains("verdict kept") && Contains("0 violations"));
  document.as_object()["partial"] = true;
  CHECK_THAT(page_of({parsed(document)}), Contains("verdict partial") && Contains("the run ended before its time"));
}

TEST_CASE("violations stand in red with what shows them", "[loadtest][report]") {
  auto document = small_result();
  document.as_object()["violations"] =
      boost::json::parse(R"([{"client":"c7","room":"general","rule":"order","saw":"5 after 7"}])");
  CHECK_THAT(page_of({parsed(document)}), Contains("verdict broken") && Contains("1 violation<") &&
                                              Contains("<td>order</td><td>general</td><td>c7</td><td>5 after 7</td>"));
  document.as_object()["violation_count"] = 41;
  CHECK_THAT(page_of({parsed(document)}), Contains("41 violations<") && Contains("and 40 more."));
}

TEST_CASE("nothing that a file says becomes markup or script", "[loadtest][report]") {
  auto document = small_result();
  const auto plain = page_of({parsed(document)});
  auto& root = document.as_object();
  root["violations"] = boost::json::array{
      boost::json::object{{"client", hostile}, {"room", hostile}, {"rule", hostile}, {"saw", hostile}}};
  root["scenario"] = boost::json::object{{"name", hostile}, {"parameters", boost::json::object{{hostile, hostile}}}};
  for (const char* name : {"started", "version", "commit"}) root[name] = hostile;
  root["machine"] = boost::json::object{{"cores", 2}, {"cpu", hostile}, {"kernel", hostile}};
  root["targets"] = boost::json::array{hostile};
  document.at("totals").as_object()["errors"] = boost::json::object{{hostile, 1}};
  document.at("processes").at(0).as_object()["name"] = hostile;
  const boost::json::value latency = document.at("latency_us").at("publish_to_ack");
  document.at("latency_us").as_object()[hostile] = latency;
  document.at("generator").as_object()["ceiling_what"] = hostile;
  auto run = parsed(document);
  run.file = hostile;
  const auto page = page_of({run, run});
  CHECK(page.find("<img") == page.npos);
  CHECK(page.find("alert(1)</script>") == page.npos);
  CHECK(page.find("<!--") == page.npos);
  CHECK(count_of(page, "<script") == count_of(plain, "<script"));
  CHECK(count_of(page, "</script") == count_of(plain, "</script"));
  CHECK_THAT(page, Contains(escaped(hostile)));
}

TEST_CASE("the page needs nothing but itself", "[loadtest][report]") {
  const auto page = page_of({parsed(small_result())});
  CHECK_THAT(page, Contains("default-src 'none'") && Contains("script-src 'sha256-"));
  for (const char* part : {"src=\"", "href=\"", "@import", "url("}) CHECK(page.find(part) == page.npos);
  CHECK_THAT(page, Contains(std::string(asset("uPlot.iife.min.js"))) && Contains("Permission is hereby granted"));
  CHECK(page.find("{{") == page.find("{{", page.find("var uPlot")));  // no name was left open before the library
}

TEST_CASE("a comparison warns of what makes its ratios mean little", "[loadtest][report]") {
  auto other = small_result();
  const auto run = parsed(small_result());
  CHECK(page_of({run, parsed(other)}).find("class=\"cautions\"") == std::string::npos);
  other.at("machine").as_object()["cpu"] = "another";
  other.at("scenario").at("parameters").as_object()["rooms"] = 2;
  other.at("generator").as_object()["ceiling_per_s"] = 99;
  CHECK_THAT(page_of({run, parsed(other)}), Contains("different machines") && Contains("The runs differ in rooms:") &&
                                                Contains("within half of what it can do"));
}

TEST_CASE("what an overload or a soak found is told", "[loadtest][report]") {
  auto document = small_result();
  CHECK(page_of({parsed(document)}).find("Overload") == std::string::npos);
  document.as_object()["overload"] =
      boost::json::parse(R"({"peak_per_s":1000,"offered_per_s":2000,"goodput_per_s":950})");
  document.as_object()["drift"] = boost::json::parse(R"([{"what":"RSS","first":100,"last":99,"percent":-1}])");
  CHECK_THAT(page_of({parsed(document)}),
             Contains("goodput 950 acks/s, 0.95\u00d7 the peak") && Contains("RSS from 100 to 99"));
}

TEST_CASE("`report` writes one file out of two", "[loadtest][report]") {
  const folder here;
  const auto output = here.file("report.html");
  CHECK(report({before_path, after_path, "-o", output}) == 0);
  CHECK_THAT(text_of(output), Contains("fanout_before.json") && Contains("fanout_after.json") && Contains("B by A"));
}

TEST_CASE("`report` ends with 65 for a wrong file, 66 for none and 73 where it cannot write", "[loadtest][report]") {
  const folder here;
  const auto wrong = here.file("wrong.json", "{\"format\":\"else\"}");
  CHECK(report({wrong, "-o", here.file("no.html")}) == 65);
  CHECK(report({before_path, wrong, "-o", here.file("no.html")}) == 65);
  CHECK_FALSE(std::filesystem::exists(here.file("no.html")));
  CHECK(report({here.file("absent.json"), "-o", here.file("no.html")}) == 66);
  CHECK(report({before_path, "-o", here.file("no/such/folder.html")}) == 73);
  CHECK(report({}) != 0);
}

}  // namespace
}  // namespace parley::load
