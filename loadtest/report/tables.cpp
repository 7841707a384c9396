#include "loadtest/report/tables.hpp"

#include "loadtest/readable.hpp"
#include "loadtest/report/figures.hpp"
#include "loadtest/report/html.hpp"

#include <algorithm>
#include <functional>

namespace parley::load::reporting {
namespace {

constexpr double noise = 0.03;  ///< a ratio within it is called neither better nor worse

std::string cell(const std::string& text, const char* kind = "td") {
  return std::string("<") + kind + ">" + escaped(text) + "</" + kind + ">";
}

std::string badge(std::size_t run) {
  return "<span class=\"badge run-" + std::to_string(run % 6) + "\">" + letter_of(run) + "</span>";
}

std::string table(const std::string& head, const std::string& rows) {
  return "<div class=\"wide\"><table><thead><tr>" + head + "</tr></thead><tbody>" + rows + "</tbody></table></div>\n";
}

std::string whole(std::uint64_t n) { return readable(static_cast<double>(n)); }

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const auto& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

std::string parameters_of(const run_result& run) {
  std::string all;
  for (const auto& [name, value] : run.parameters) all += (all.empty() ? "" : ", ") + name + "=" + value;
  return all;
}

/// Those that mean another load, in the order in which they are met. The rooms' prefix is another one in each run.
std::vector<std::string> differing_parameters(const std::vector<run_result>& runs) {
  const auto value_of = [](const run_result& run, const std::string& name) -> const std::string* {
    const auto found = std::ranges::find(run.parameters, name, &std::pair<std::string, std::string>::first);
    return found == run.parameters.end() ? nullptr : &found->second;
  };
  std::vector<std::string> names;
  for (const auto& run : runs)
    for (const auto& one : run.parameters) {
      const bool is_same = std::ranges::all_of(runs, [&](const run_result& other) {
        const auto* value = value_of(other, one.first);
        return value != nullptr && *value == one.second;
      });
      if (!is_same && one.first != "prefix" && std::ranges::find(names, one.first) == names.end())
        names.push_back(one.first);
    }
  return names;
}

std::string errors_of(const run_result& run) {
  std::string all;
  for (const auto& [code, n] : run.errors) all += (all.empty() ? "" : ", ") + code + ": " + whole(n);
  return all.empty() ? "none" : all;
}

std::string overload_of(const run_result& run) {
  if (!run.overload) return "-";
  const auto& o = *run.overload;
  return "peak " + readable(o.peak_per_s) + " acks/s; offered " + readable(o.offered_per_s) + " /s, goodput " +
         readable(o.goodput_per_s) + " acks/s" +
         (o.peak_per_s > 0 ? ", " + readable(o.goodput_per_s / o.peak_per_s) + "\u00d7 the peak" : "");
}

std::string drifts_of(const run_result& run) {
  std::string all;
  for (const auto& d : run.drifts)
    all += (all.empty() ? "" : "; ") + d.what + " from " + readable(d.first) + " to " + readable(d.last);
  return all.empty() ? "-" : all;
}

std::string ratio_cell(const compared& row, std::size_t n) {
  if (!row.ratios[n]) return "<td class=\"ratio\">-</td>";
  const double ratio = *row.ratios[n];
  const bool is_more = ratio > 1 + noise, is_less = ratio < 1 - noise;
  const bool is_better = row.way == better::higher ? is_more : is_less;
  const bool is_judged = row.way != better::neither && (is_more || is_less);
  return std::string("<td class=\"ratio ") +
         (!is_judged  ? "even"
          : is_better ? "better"
                      : "worse") +
         "\">" + readable(ratio) + "\u00d7" +
         (!is_judged  ? ""
          : is_better ? " better"
                      : " worse") +
         "</td>";
}

}  // namespace

std::string letter_of(std::size_t n) { return {static_cast<char>('A' + static_cast<int>(n % 26))}; }

std::string origins(const std::vector<run_result>& runs) {
  std::string head = "<th></th>", rows;
  for (std::size_t n = 0; n < runs.size(); ++n) head += "<th>" + badge(n) + " " + escaped(runs[n].file) + "</th>";
  const auto row = [&](const char* name, const std::function<std::string(const run_result&)>& told) {
    rows += "<tr>" + cell(name, "th");
    for (const auto& run : runs) rows += cell(told(run));
    rows += "</tr>";
  };
  row("Scenario", [](const run_result& r) { return r.scenario; });
  row("Parameters", parameters_of);
  row("Started", [](const run_result& r) { return r.started; });
  row("Measured",
      [](const run_result& r) { return readable(r.measured_s) + " s" + (r.is_partial ? ", partial" : ""); });
  row("Connections", [](const run_result& r) { return whole(r.connections) + " to " + joined(r.targets); });
  row("Publishes, acks", [](const run_result& r) { return whole(r.publishes) + ", " + whole(r.acks); });
  row("Deliveries", [](const run_result& r) { return whole(r.deliveries); });
  row("Joins, resumes", [](const run_result& r) { return whole(r.joins) + ", " + whole(r.resumes); });
  row("Received, sent", [](const run_result& r) {
    return as_bytes(static_cast<double>(r.bytes_in)) + ", " + as_bytes(static_cast<double>(r.bytes_out));
  });
  row("Errors", errors_of);
  if (std::ranges::any_of(runs, [](const run_result& r) { return r.overload.has_value(); }))
    row("Overload", overload_of);
  if (std::ranges::any_of(runs, [](const run_result& r) { return !r.drifts.empty(); })) row("Drift", drifts_of);
  row("Machine", [](const run_result& r) { return whole(r.cores) + " cores, " + r.cpu + ", " + r.kernel; });
  row("Version", [](const run_result& r) { return r.version + (r.commit.empty() ? "" : ", commit " + r.commit); });
  row("Generator", [](const run_result& r) {
    const auto ceiling = r.ceiling_per_s > 0 ? ", ceiling " + readable(r.ceiling_per_s) + " /s " + r.ceiling_what : "";
    return readable(r.generator_cpu_s) + " s of CPU" + ceiling;
  });
  return "<section><h2>What ran</h2>" + table(head, rows) + "</section>\n";
}

std::string comparison(const std::vector<run_result>& runs) {
  std::string head = "<th>Figure</th>", rows;
  for (std::size_t n = 0; n < runs.size(); ++n) head += "<th class=\"number\">" + badge(n) + "</th>";
  for (std::size_t n = 1; n < runs.size(); ++n)
    head += "<th class=\"number\">" + letter_of(n) + " by " + letter_of(0) + "</th>";
  for (const auto& row : compare(runs)) {
    rows += "<tr>" + cell(row.name, "th");
    for (const auto& value : row.values)
      rows += "<td class=\"number\">" + (value ? escaped(with_unit(*value, row.unit)) : "-") + "</td>";
    for (std::size_t n = 1; n < runs.size(); ++n) rows += ratio_cell(row, n);
    rows += "</tr>";
  }
  return "<section><h2>Figures</h2>" + table(head, rows) +
         "<p class=\"note\">A process's CPU is one: where a run does several things, each unit's figure carries all of "
         "it.</p></section>\n";
}

std::string verdict(const std::vector<run_result>& runs) {
  constexpr std::size_t shown_max = 100;
  std::string all;
  for (std::size_t n = 0; n < runs.size(); ++n) {
    const auto& run = runs[n];
    const auto count = run.violation_count;
    const char* kind = count > 0 ? "broken" : run.is_partial ? "partial" : "kept";
    all += std::string("<div class=\"verdict ") + kind + "\">" + badge(n) + "<p><strong>" + whole(count) +
           (count == 1 ? " violation" : " violations") + "</strong>" +
           (count > 0 ? ": a reader saw what no reader may see. The run's figures are no result."
                      : " in " + whole(run.deliveries) + " deliveries and " + whole(run.acks) + " acks.") +
           (run.is_partial ? " <strong>Partial</strong>: the run ended before its time; the figures cover " +
                                 readable(run.measured_s) + " s."
                           : "") +
           "</p></div>\n";
    if (count == 0) continue;
    std::string rows;
    const auto shown = std::min(run.violations.size(), shown_max);
    for (std::size_t i = 0; i < shown; ++i) {
      const auto& v = run.violations[i];
      rows += "<tr>" + cell(v.rule) + cell(v.room) + cell(v.client) + cell(v.saw) + "</tr>";
    }
    all += table("<th>Rule</th><th>Room</th><th>Client</th><th>Saw</th>", rows);
    if (count > shown) all += "<p class=\"note\">and " + whole(count - shown) + " more.</p>";
  }
  return "<section id=\"verdict\">" + all + "</section>\n";
}

std::string cautions(const std::vector<run_result>& runs) {
  std::string all;
  const auto say = [&](const std::string& words) { all += "<li>" + escaped(words) + "</li>"; };
  const auto differs = [&](const std::function<std::string(const run_result&)>& told) {
    return std::ranges::any_of(runs, [&](const run_result& r) { return told(r) != told(runs.front()); });
  };
  if (differs([](const run_result& r) { return r.cpu + '\n' + r.kernel + '\n' + std::to_string(r.cores); }))
    say("The runs are of different machines: their ratios compare the machines too.");
  std::string names = differs([](const run_result& r) { return r.scenario; }) ? "scenario" : "";
  for (const auto& name : differing_parameters(runs)) names += (names.empty() ? "" : ", ") + name;
  if (!names.empty()) say("The runs differ in " + names + ": read a ratio only where both do the same.");
  for (std::size_t n = 0; n < runs.size(); ++n) {
    const auto& r = runs[n];
    const auto most = static_cast<double>(std::max({r.acks, r.deliveries, r.joins}));
    const bool is_near = r.ceiling_per_s > 0 && r.measured_s > 0 && most / r.measured_s * 2 > r.ceiling_per_s;
    if (is_near || r.is_above_half)
      say(letter_of(n) + ": the generator came within half of what it can do (its ceiling is " +
          readable(r.ceiling_per_s) + " /s): the figures may be its own.");
  }
  return all.empty() ? "" : "<section class=\"cautions\"><ul>" + all + "</ul></section>\n";
}

}  // namespace parley::load::reporting
