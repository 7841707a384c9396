#include "tests/simulation/reduction.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace parley::simulation {
namespace {

constexpr std::uint64_t salts = 12;
constexpr std::string_view without = "without:";

struct size {
  const char* name;
  std::uint64_t least;
  std::uint64_t (*get)(const plan&);
  void (*set)(plan&, std::uint64_t);
};

constexpr size sizes[] = {
    {"clients", 1, [](const plan& p) -> std::uint64_t { return p.clients; },
     [](plan& p, std::uint64_t n) { p.clients = n; }},
    {"rooms", 1, [](const plan& p) -> std::uint64_t { return p.rooms; }, [](plan& p, std::uint64_t n) { p.rooms = n; }},
    {"nodes", 1, [](const plan& p) -> std::uint64_t { return p.nodes; }, [](plan& p, std::uint64_t n) { p.nodes = n; }},
    {"messages", 1, [](const plan& p) -> std::uint64_t { return p.messages; },
     [](plan& p, std::uint64_t n) { p.messages = n; }},
    {"faulty_ms", 500, [](const plan& p) { return static_cast<std::uint64_t>(p.faulty_time.count()); },
     [](plan& p, std::uint64_t n) { p.faulty_time = milliseconds{n}; }},
    {"dropped", 0, [](const plan& p) -> std::uint64_t { return p.dropped_percent; },
     [](plan& p, std::uint64_t n) { p.dropped_percent = static_cast<unsigned>(n); }},
    {"doubled", 0, [](const plan& p) -> std::uint64_t { return p.doubled_percent; },
     [](plan& p, std::uint64_t n) { p.doubled_percent = static_cast<unsigned>(n); }},
    {"held", 0, [](const plan& p) -> std::uint64_t { return p.held_percent; },
     [](plan& p, std::uint64_t n) { p.held_percent = static_cast<unsigned>(n); }},
    {"gathering", 0, [](const plan& p) -> std::uint64_t { return p.gather_events; },
     [](plan& p, std::uint64_t n) { p.gather_events = n; }},
    {"slow_readers", 0, [](const plan& p) -> std::uint64_t { return p.has_slow_readers ? 1 : 0; },
     [](plan& p, std::uint64_t n) { p.has_slow_readers = n != 0; }},
    {"short_links", 0, [](const plan& p) -> std::uint64_t { return p.has_short_links ? 1 : 0; },
     [](plan& p, std::uint64_t n) { p.has_short_links = n != 0; }},
};

const size* size_of(std::string_view name) {
  const auto found = std::ranges::find(sizes, name, &size::name);
  return found == std::end(sizes) ? nullptr : found;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t n = 0;
  const auto [end, what] = std::from_chars(text.data(), text.data() + text.size(), n);
  return what == std::errc{} && end == text.data() + text.size() && !text.empty() ? std::optional{n} : std::nullopt;
}

/// What could be taken away next, the larger things first.
std::vector<reduction> smaller(const plan& whole, const reduction& from) {
  std::vector<reduction> found;
  const auto now = from.apply(whole);
  for (const auto f : now.faults) {
    found.push_back(from);
    found.back().without.push_back(f);
  }
  for (const auto& s : sizes) {
    const auto n = s.get(now);
    if (n <= s.least) continue;
    for (const auto wanted : std::set{s.least, std::max(s.least, n / 2), n - 1}) {
      found.push_back(from);
      found.back().sizes[s.name] = wanted;
    }
  }
  return found;
}

}  // namespace

plan reduction::apply(plan p) const {
  for (const auto& [name, n] : sizes) size_of(name)->set(p, n);
  std::erase_if(p.faults, [&](fault f) { return std::ranges::find(without, f) != without.end(); });
  return p;
}

std::string to_text(const reduction& r) {
  std::string text;
  const auto add = [&text](const std::string& item) { text += (text.empty() ? "" : ",") + item; };
  for (const auto& [name, n] : r.sizes) add(name + "=" + std::to_string(n));
  for (const auto f : r.without) add(std::string(without) + to_string(f));
  if (r.salt != 0) add("salt=" + std::to_string(r.salt));
  return text;
}

std::optional<reduction> reduction_of(std::string_view text) {
  reduction r;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    const auto item = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (item.starts_with(without)) {
      const auto f = fault_of(item.substr(without.size()));
      if (!f) return std::nullopt;
      r.without.push_back(*f);
      continue;
    }
    const auto equals = item.find('=');
    if (equals == item.npos) return std::nullopt;
    const auto n = number_of(item.substr(equals + 1));
    const auto name = item.substr(0, equals);
    if (!n || (name != "salt" && size_of(name) == nullptr)) return std::nullopt;
    if (name == "salt") {
      r.salt = *n;
    } else {
      r.sizes[std::string(name)] = *n;
    }
  }
  return r;
}

reduction shrink(const plan& whole, const reduction& from, const std::function<bool(const reduction&)>& fails) {
  auto least = from;
  for (bool is_smaller = true; is_smaller;) {
    is_smaller = false;
    for (auto candidate : smaller(whole, least)) {
      const auto fits = [&] {
        for (candidate.salt = 0; candidate.salt < salts; ++candidate.salt)
          if (fails(candidate)) return true;
        return false;
      };
      if (!fits()) continue;
      least = candidate;
      is_smaller = true;
      break;
    }
  }
  return least;
}

}  // namespace parley::simulation
