#include "loadtest/load/process_watch.hpp"

#include "loadtest/load/exit_code.hpp"

#include <boost/asio/post.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>

namespace parley::load {
namespace {

struct usage {
  int parent = 0;
  double cpu_s = 0;           ///< its own
  double children_cpu_s = 0;  ///< of those that have ended and were waited for
};

std::string file_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<usage> usage_of(int pid) {
  const auto stat = file_text("/proc/" + std::to_string(pid) + "/stat");
  const auto after_name = stat.rfind(')');  // a program's name may hold blanks and brackets
  if (after_name == std::string::npos) return std::nullopt;
  std::istringstream fields(stat.substr(after_name + 2));
  std::vector<std::string> words{std::istream_iterator<std::string>(fields), {}};
  if (words.size() < 15) return std::nullopt;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto seconds = [&](std::size_t at) { return static_cast<double>(std::atoll(words[at].c_str())) / ticks; };
  return usage{std::atoi(words[1].c_str()), seconds(11) + seconds(12), seconds(13) + seconds(14)};
}

/// @param field "VmRSS:" or "RssAnon:"
std::uint64_t memory_of(int pid, std::string_view field) {
  const auto status = file_text("/proc/" + std::to_string(pid) + "/status");
  const auto at = status.find(field);
  return at == std::string::npos ? 0 : std::strtoull(status.c_str() + at + field.size(), nullptr, 10) * 1024;
}

/// All that run, and what each used: one pass for every process that is watched.
std::map<int, usage> all_usage() {
  std::map<int, usage> all;
  std::error_code failed;
  for (std::filesystem::directory_iterator at("/proc", failed), end; !failed && at != end; at.increment(failed)) {
    const auto name = at->path().filename().string();
    int pid = 0;
    const auto [stop, wrong] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (wrong != std::errc{} || stop != name.data() + name.size()) continue;
    if (const auto one = usage_of(pid)) all.emplace(pid, *one);
  }
  return all;
}

bool is_below(const std::map<int, usage>& all, int pid, int root) {
  for (int steps = 0; pid > 1 && steps < 64; ++steps) {
    if (pid == root) return true;
    const auto found = all.find(pid);
    if (found == all.end()) return false;
    pid = found->second.parent;
  }
  return false;
}

/// None where it has ended.
std::optional<std::pair<double, std::uint64_t>> tree_usage(const std::map<int, usage>& all, int root) {
  const auto found = all.find(root);
  if (found == all.end()) return std::nullopt;
  double cpu_s = found->second.cpu_s + found->second.children_cpu_s;
  auto rss = memory_of(root, "VmRSS:");
  for (const auto& [pid, one] : all) {
    if (pid == root || !is_below(all, pid, root)) continue;
    cpu_s += one.cpu_s;
    rss += memory_of(pid, "RssAnon:");
  }
  return std::pair{cpu_s, rss};
}

}  // namespace

watched_process parse_watch(const std::string& text) {
  const auto sign = text.rfind('=');
  const auto number = sign == std::string::npos ? text : text.substr(sign + 1);
  watched_process one;
  const auto [stop, failed] = std::from_chars(number.data(), number.data() + number.size(), one.pid);
  if (failed != std::errc{} || stop != number.data() + number.size() || one.pid <= 0)
    throw refusal(exit_code::usage, "\"" + text + "\" is no process to watch: give PID, or NAME=PID");
  if (!usage_of(one.pid)) throw refusal(exit_code::usage, "no process " + number + " to watch");
  one.name = sign == std::string::npos ? file_text("/proc/" + number + "/comm") : text.substr(0, sign);
  while (one.name.ends_with('\n')) one.name.pop_back();
  return one;
}

process_watch::process_watch(const std::vector<watched_process>& processes) {
  for (const auto& one : processes) taken_.push_back({one.name, one.pid, {}, {}});
  base_s_.resize(taken_.size());
}

process_watch::~process_watch() { thread_.join(); }

void process_watch::begin() {
  if (taken_.empty()) return;
  const auto all = all_usage();
  for (std::size_t n = 0; n < taken_.size(); ++n)
    if (const auto used = tree_usage(all, taken_[n].pid)) base_s_[n] = used->first;
}

void process_watch::sample() {
  if (!taken_.empty()) boost::asio::post(thread_, [this] { look(); });
}

void process_watch::look() {
  const auto all = all_usage();
  for (std::size_t n = 0; n < taken_.size(); ++n) {
    auto& one = taken_[n];
    const auto used = tree_usage(all, one.pid);
    one.cpu_s.push_back(used ? std::max(0.0, used->first - base_s_[n]) : one.cpu_s.empty() ? 0 : one.cpu_s.back());
    one.rss_bytes.push_back(used ? used->second : 0);
  }
}

const std::vector<process_watch::samples>& process_watch::taken() {
  thread_.join();
  return taken_;
}

double own_cpu_s() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](timeval t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace parley::load
