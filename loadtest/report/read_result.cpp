#include "loadtest/report/read_result.hpp"

#include "loadtest/report/checked_json.hpp"
#include "loadtest/report/wrong_file.hpp"

#include <boost/json/parse.hpp>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace parley::load::reporting {
namespace {

constexpr std::string_view format = "parley-load/1";

latency parse_latency(const checked_json& from) {
  latency l;
  l.count = from.at("count").count();
  const auto take = [&](const char* name) { return l.count == 0 ? 0 : from.at(name).number(); };
  l.min = take("min"), l.max = take("max"), l.mean = take("mean");
  l.p50 = take("p50"), l.p90 = take("p90"), l.p99 = take("p99"), l.p99_9 = take("p99_9"), l.p99_99 = take("p99_99");
  std::uint64_t counted = 0;
  for (const auto& pair : from.at("buckets").items()) {
    const auto both = pair.items();
    if (both.size() != 2) pair.refuse("a bucket is [upper_us, count]");
    const latency::bucket bucket{both[0].number(), both[1].count()};
    if (!l.buckets.empty() && bucket.upper_us <= l.buckets.back().upper_us) pair.refuse("buckets must ascend");
    counted += bucket.count;
    l.buckets.push_back(bucket);
  }
  if (counted != l.count)
    from.refuse("the buckets hold " + std::to_string(counted) + " values, count says " + std::to_string(l.count));
  return l;
}

series parse_series(const checked_json& from) {
  series s;
  s.interval_s = from.at("interval_s").number();
  if (s.interval_s <= 0) from.at("interval_s").refuse("an interval is longer than 0 s");
  if (const auto shown = from.find("latency")) s.shown = shown->text();
  s.t_s = from.at("t_s").numbers();
  for (std::size_t i = 1; i < s.t_s.size(); ++i)
    if (s.t_s[i] <= s.t_s[i - 1]) from.at("t_s").refuse("time must ascend");
  const auto take = [&](const char* name) {
    auto list = from.at(name).numbers();
    if (list.size() != s.t_s.size())
      from.at(name).refuse(std::to_string(list.size()) + " items, but t_s has " + std::to_string(s.t_s.size()));
    return list;
  };
  s.acks = take("acks"), s.deliveries = take("deliveries"), s.joins = take("joins"), s.errors = take("errors");
  s.p50_us = take("p50_us"), s.p99_us = take("p99_us");
  return s;
}

process parse_process(const checked_json& from, std::size_t intervals) {
  process p{from.at("name").text(), from.at("pid").count(), from.at("cpu_s").numbers(), from.at("rss_bytes").numbers()};
  for (const char* name : {"cpu_s", "rss_bytes"}) {
    const auto samples = from.at(name).numbers().size();
    if (samples > intervals + 1)
      from.at(name).refuse(std::to_string(samples) + " samples for " + std::to_string(intervals) + " intervals");
  }
  if (p.cpu_s.size() != p.rss_bytes.size()) from.refuse("cpu_s and rss_bytes differ in length");
  return p;
}

void take_totals(run_result& r, const checked_json& totals) {
  r.publishes = totals.at("publishes").count(), r.acks = totals.at("acks").count();
  r.deliveries = totals.at("deliveries").count(), r.joins = totals.at("joins").count();
  r.resumes = totals.at("resumes").count();
  r.bytes_in = totals.at("bytes_in").count(), r.bytes_out = totals.at("bytes_out").count();
  for (const auto& [code, n] : totals.at("errors").members()) r.errors.emplace_back(code, n.count());
}

void take_origin(run_result& r, const checked_json& root) {
  r.scenario = root.at("scenario").at("name").text();
  if (const auto parameters = root.at("scenario").find("parameters"))
    for (const auto& [name, value] : parameters->members()) r.parameters.emplace_back(name, value.as_read());
  r.started = root.at("started").text(), r.version = root.at("version").text(), r.commit = root.at("commit").text();
  const auto machine = root.at("machine");
  r.cores = machine.at("cores").count(), r.cpu = machine.at("cpu").text(), r.kernel = machine.at("kernel").text();
  for (const auto& target : root.at("targets").items()) r.targets.push_back(target.text());
  r.connections = root.at("connections").count();
  r.is_partial = root.at("partial").flag();
  r.measured_s = root.at("measured_s").number();
}

void take_generator(run_result& r, const checked_json& generator) {
  r.generator_cpu_s = generator.at("cpu_s").number();
  if (const auto ceiling = generator.find("ceiling_per_s")) r.ceiling_per_s = ceiling->number();
  if (const auto what = generator.find("ceiling_what")) r.ceiling_what = what->text();
  if (const auto is_above = generator.find("above_half")) r.is_above_half = is_above->flag();
}

void take_findings(run_result& r, const checked_json& root) {
  if (const auto o = root.find("overload"))
    r.overload =
        overload{o->at("peak_per_s").number(), o->at("offered_per_s").number(), o->at("goodput_per_s").number()};
  if (const auto drifts = root.find("drift"))
    for (const auto& d : drifts->items())
      r.drifts.push_back({d.at("what").text(), d.at("first").number(), d.at("last").number()});
}

run_result result_of(const checked_json& root) {
  run_result r;
  take_origin(r, root);
  take_totals(r, root.at("totals"));
  for (const auto& v : root.at("violations").items())
    r.violations.push_back({v.at("client").text(), v.at("room").text(), v.at("rule").text(), v.at("saw").text()});
  const auto told = root.find("violation_count");
  r.violation_count = told ? told->count() : r.violations.size();
  if (r.violation_count < r.violations.size()) told->refuse("less than the violations that are listed");
  for (const auto& [name, value] : root.at("latency_us").members()) r.latencies.emplace(name, parse_latency(value));
  r.series = parse_series(root.at("series"));
  for (const auto& p : root.at("processes").items()) r.processes.push_back(parse_process(p, r.series.t_s.size()));
  take_findings(r, root);
  take_generator(r, root.at("generator"));
  return r;
}

}  // namespace

run_result parse_result(std::string_view text, const std::string& file) {
  boost::json::error_code broken;
  const auto document = boost::json::parse(text, broken);
  if (broken)
    throw wrong_file(file + ": this is no JSON (" + broken.message() +
                     "): a report is made of the result files that parley-load writes");
  const checked_json root(document, file);
  const auto* found = document.is_object() ? document.get_object().if_contains("format") : nullptr;
  if (found == nullptr || !found->is_string())
    throw wrong_file(file + ": this JSON is no result: it lacks \"format\":\"" + std::string(format) + "\"");
  if (found->get_string() != format)
    root.at("format").refuse("this is " + root.at("format").text() + ", this program reads " + std::string(format) +
                             ": use the program of the version that wrote it");
  auto result = result_of(root);
  result.file = file;
  return result;
}

run_result read_result(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::error_code no_size;
  const bool is_folder = std::filesystem::is_directory(path, no_size);
  if (!in || is_folder)
    throw missing_file(path + ": cannot be read: " + (is_folder ? "it is a folder" : std::strerror(errno)));
  std::string text(result_bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > result_bytes_max) throw wrong_file(path + ": larger than 64 MiB, no result is");
  if (text.empty()) throw wrong_file(path + ": the file is empty: did the run end before it wrote its result?");
  return parse_result(text, std::filesystem::path(path).filename().string());
}

}  // namespace parley::load::reporting
