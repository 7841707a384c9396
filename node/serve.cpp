#include "node/serve.hpp"

#include "node/composition.hpp"
#include "node/log_writer.hpp"
#include "node/logfmt.hpp"
#include "node/metrics.hpp"
#include "node/secrets.hpp"
#include "node/watchdog.hpp"
#include "node/wishes.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>

namespace parley {
namespace {

constexpr milliseconds readiness_poll{20};
constexpr milliseconds idle_wait{60'000};
/// Batches under way end by their deadline, and what is under no lease needs no hand-over.
constexpr milliseconds hand_over_patience{8'000};
/// What a stop may take beyond the sessions' drain: batches under way, the leases, the threads.
constexpr milliseconds stop_patience{30'000};

void warn_of_visible_passwords(const reading& told, log& out) {
  const auto& o = told.options;
  for (const auto& [key, is_secret] : {std::pair{"postgres", std::ranges::any_of(o.node.postgres, has_secret)},
                                       {"redis", std::ranges::any_of(o.node.redis, has_secret)},
                                       {"fan_out.keys", !o.redis.keys.empty()}}) {
    const auto set = told.set_where.find(key);
    const bool is_argument = set != told.set_where.end() && set->second.rfind("--", 0) == 0;
    if (is_argument && is_secret) {
      out.write(log_level::warn, "configuration.password_in_arguments", {{"flag", set->second}});
    }
  }
}

/// What may change while the node runs is the log level; anything wrong in the rest changes nothing at all.
void reload(const std::function<reading()>& read_again, log_writer& out) {
  auto fresh = read_again();
  auto wrong = contradictions(fresh, true);
  fresh.mistakes.insert(fresh.mistakes.end(), wrong.begin(), wrong.end());
  for (const auto& m : fresh.mistakes) {
    out.write(log_level::error, "configuration.refused", {{"where", m.where}, {"why", m.text}});
  }
  if (!fresh.mistakes.empty()) return;
  out.set_level(level_of(fresh.options.node.log_level));
  out.write(log_level::info, "configuration.reloaded", {{"log_level", fresh.options.node.log_level}});
}

void announce(const composition& node, const std::string& name, log& out) {
  out.write(log_level::info, "node.ready", {{"node", name}, {"page", node.page()}});
  std::printf("Parley is ready: %s\n", node.page().c_str());
  std::fflush(stdout);
}

/// @returns why it stops
exit_code wait_for_stop(wishes& operator_, composition& node, const reading& told,
                        const std::function<reading()>& read_again, log_writer& out) {
  for (bool is_announced = false;;) {
    const auto wish = operator_.next(is_announced ? idle_wait : readiness_poll);
    if (wish.is_stop) return exit_code::ok;
    if (wish.is_name_taken) return exit_code::cannot_take;
    if (wish.is_reload) reload(read_again, out);
    if (!is_announced && node.is_ready()) {
      announce(node, told.options.node.node_name, out);
      is_announced = true;
    }
  }
}

void drain(wishes& operator_, composition& node, log& out) {
  out.write(log_level::info, "node.draining");
  node.leave(hand_over_patience);
  node.drain([&operator_] { operator_.drained(); });
  while (!operator_.next(idle_wait).is_drained) {
  }
}

}  // namespace

exit_code serve(const reading& told, const std::function<reading()>& read_again, const std::string& version) {
  const auto& options = told.options;
  log_writer out{level_of(options.node.log_level)};
  metrics counted{version, options.node.postgres.size(), options.node.redis.size()};
  counted.watch("parley_log_warnings_total", "Log lines of level warn.",
                [&out] { return static_cast<double>(out.warnings()); });
  counted.watch("parley_log_errors_total", "Log lines of level error.",
                [&out] { return static_cast<double>(out.errors()); });

  wishes operator_;
  out.write(log_level::info, "node.starting", {{"node", options.node.node_name}, {"version", version}});
  warn_of_visible_passwords(told, out);
  std::optional<composition> node{std::in_place, options, out, counted, version};
  node->start([&](const cluster_node& by) {
    std::fprintf(stderr,
                 "parleyd: another node runs as '%s' (%s): give each node a name of its own with --node-name, or stop "
                 "the other one first. This one stops\n",
                 by.node.name.c_str(), by.peer_address.empty() ? "without links" : by.peer_address.c_str());
    operator_.name_taken();
  });
  const auto why = wait_for_stop(operator_, *node, told, read_again, out);

  const watchdog hangs{"the stop", options.node.drain_timeout + stop_patience};
  drain(operator_, *node, out);
  node->stop();
  node.reset();
  out.write(log_level::info, "node.stopped");
  return why;
}

}  // namespace parley
