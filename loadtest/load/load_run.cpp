#include "loadtest/load/load_run.hpp"

#include "loadtest/load/build.hpp"
#include "loadtest/load/clock.hpp"
#include "loadtest/load/machine_limits.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <thread>

namespace parley::load {
namespace asio = boost::asio;
namespace {

constexpr double points_max = 3600;
constexpr std::size_t fillers = 4, filler_window = 64;

timed shown_of(const parameters& p, bool writes) {
  return writes && p.readers > 0 ? timed::publish_to_delivery
         : writes                ? timed::publish_to_ack
         : p.joiners > 0         ? timed::join_to_live
                                 : timed::resume_to_live;
}

std::vector<std::string> writer_names(const parameters& p, const replay_schedule& schedule) {
  if (!schedule.users.empty()) return schedule.users;
  std::vector<std::string> names;
  for (std::int64_t n = 0; n < p.writers; ++n) names.push_back("writer-" + std::to_string(n));
  return names;
}

std::string now_text() {
  char text[32];
  const auto now = ::time(nullptr);
  tm utc{};
  ::gmtime_r(&now, &utc);
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

}  // namespace

load_run::load_run(const scenario& what, const run_options& options, replay_schedule schedule)
    : scenario_(what),
      options_(options),
      schedule_(std::move(schedule)),
      stage_(what.values, schedule_.rooms > 0 ? schedule_.rooms : static_cast<std::size_t>(what.values.rooms),
             shown_of(what.values, what.values.writers > 0 || schedule_.rooms > 0)),
      door_(stage_.io, static_cast<std::size_t>(what.values.connections_at_once)),
      readers_(stage_, door_),
      writers_(stage_, door_, writer_names(what.values, schedule_)),
      joiners_(stage_, door_),
      progress_(options.is_quiet),
      watch_(options.watched),
      signals_(stage_.io, SIGINT, SIGTERM),
      interval_timer_(stage_.io),
      started_(now_text()) {
  interval_s_ = std::max(what.values.interval_s, duration_s() / points_max);
  signals_.async_wait([this](boost::system::error_code failed, int) {
    if (failed) return;
    is_interrupted_ = true;
    signals_.clear();  // the next one ends the process as usual
  });
}

double load_run::duration_s() const {
  if (scenario_.values.duration_s > 0) return scenario_.values.duration_s;
  // Until its last line is due, and a moment more, so that this one still belongs to it.
  constexpr double moment_s = 0.1;
  const auto span_ns = schedule_.lines.empty() ? 0 : schedule_.lines.back().offset_ns;
  return seconds_of(span_ns) / scenario_.values.replay_speed + moment_s;
}

std::size_t load_run::connection_count() const {
  return readers_.size() + writer_names(scenario_.values, schedule_).size() +
         static_cast<std::size_t>(scenario_.values.joiners);
}

std::string load_run::first_loss() const {
  for (const auto* loss : {&readers_.first_loss(), &writers_.first_loss(), &joiners_.first_loss()})
    if (!loss->empty()) return *loss;
  return fillers_ ? fillers_->first_loss() : "";
}

// --- the loop

bool load_run::wait(const std::function<bool()>& is_done, double limit_s) {
  const auto end = now_ns() + ns_of(limit_s);
  auto& io = stage_.io;
  constexpr int at_once_max = 16;
  for (unsigned n = 0; !is_done(); ++n) {
    if (is_interrupted_) throw interruption{};
    if (io.stopped()) io.restart();
    // Asking the clock each time would cost a lean load more than some of its handlers.
    if (n % 8 == 0 && now_ns() >= end) return false;
    if (io.run_one_for(std::chrono::milliseconds(20)) == 0)
      n = UINT_MAX;
    else
      for (int more = 0; more < at_once_max && io.poll_one() > 0;) ++more;  // what is ready needs no clock
    writers_.pump();
  }
  return true;
}

void load_run::must(const std::string& what, const std::function<bool()>& is_done,
                    const std::function<std::size_t()>& so_far, std::size_t all) {
  auto moved_ns = now_ns();
  std::size_t before = 0;
  while (!wait(is_done, 0.1)) {
    if (const auto loss = first_loss(); !loss.empty())
      throw refusal(exit_code::unreachable, "while " + what + ": " + loss);
    if (stage_.found.count() > 0) return;  // the checker's word, which is told at the end, not a wait in vain
    const auto done = so_far();
    progress_.preparing(what, done, all);
    if (done != before) moved_ns = now_ns();
    before = done;
    if (now_ns() - moved_ns <= ns_of(scenario_.values.settle_s)) continue;
    readers_.judge();  // whoever joined and never went live was wronged by the node
    if (stage_.found.count() > 0) return;
    throw refusal(exit_code::unreachable, "while " + what + ": nothing more came for settle_s, with " +
                                              std::to_string(done) + " of " + std::to_string(all));
  }
}

// --- before the load

void load_run::prepare() {
  const auto& p = scenario_.values;
  std::vector<asio::ip::address> sources;
  for (const auto& one : p.sources) sources.push_back(resolve_source(one));
  const auto ways_to = [&](const std::vector<std::string>& targets) {
    std::vector<route> all;
    for (const auto& one : targets) all.push_back(resolve_target(one));
    return ways(std::move(all), sources);
  };
  stage_.ways = ways_to(p.targets);
  stage_.reader_ways = ways_to(p.reader_targets);
  const auto all = connection_count() + fillers;
  const auto apart = stage_.reader_ways.empty() ? 0 : static_cast<std::size_t>(p.readers);
  check_descriptors(all);
  check_ports(all - apart, p.targets.size(), sources.size());
  if (apart > 0) check_ports(apart, p.reader_targets.size(), sources.size());
  reach(p.targets, stage_.ways);
  reach(p.reader_targets, stage_.reader_ways);
}

void load_run::reach(const std::vector<std::string>& names, const ways& where) {
  constexpr auto limit = std::chrono::seconds(5);
  for (std::size_t n = 0; n < names.size(); ++n) {
    asio::io_context io;
    asio::ip::tcp::socket probe(io);
    boost::system::error_code outcome = asio::error::timed_out;
    probe.async_connect(where.targets()[n].to, [&outcome](boost::system::error_code ec) { outcome = ec; });
    io.run_for(limit);
    if (outcome)
      throw refusal(exit_code::unreachable,
                    "target " + names[n] + " cannot be reached: " + outcome.message() + ". Is a node listening there?");
  }
}

void load_run::begin() {
  if (scenario_.values.history > 0) fill();
  if (found_nothing()) connect();
  if (found_nothing()) start_load();
}

void load_run::fill() {
  const auto events = stage_.rooms.size() * static_cast<std::size_t>(scenario_.values.history);
  std::vector<std::string> names;
  for (std::size_t n = 0; n < fillers; ++n) names.push_back("filler-" + std::to_string(n));
  fillers_ = std::make_unique<writers>(stage_, door_, names);
  fillers_->open();
  fillers_->run_total(events, filler_window);
  must(
      "filling the rooms", [this] { return fillers_->is_all_sent() && fillers_->unanswered() == 0; },
      [this] { return static_cast<std::size_t>(fillers_->acked_ever()); }, events);
  fillers_->stop();
  fillers_->leave();
}

void load_run::connect() {
  const auto all = connection_count(), before = door_.passed_ever();
  door_.pace(all == 0 ? 0 : ns_of(scenario_.values.ramp_up_s) / static_cast<std::int64_t>(all));
  writers_.open();
  joiners_.open();
  readers_.open();
  must(
      "connecting",
      [this] { return writers_.are_all_greeted() && joiners_.are_all_greeted() && readers_.are_all_live(); },
      [this, before] { return door_.passed_ever() - before; }, all);
  door_.pace(0);
}

void load_run::start_load() {
  const auto& p = scenario_.values;
  const auto ramp_ns = ns_of(p.ramp_up_s);
  readers_.begin_stalls();
  if (p.joiners > 0) joiners_.run(ramp_ns);
  if (p.overload > 0)
    find_peak();
  else if (p.writers > 0 && p.publish_rate > 0)
    writers_.run_open(p.publish_rate, ramp_ns);
  else if (p.writers > 0 && p.window_of == "deliveries")
    writers_.run_by_deliveries(static_cast<std::size_t>(p.window),
                               readers_.size() * static_cast<std::size_t>(p.rooms_each) / stage_.rooms.size());
  else if (p.writers > 0)
    writers_.run_closed(static_cast<std::size_t>(p.window));
  const bool rises = (p.publish_rate > 0 || p.join_rate > 0) && p.ramp_up_s > 0;
  const auto warm_ns = now_ns() + ns_of(p.warm_up_s + (rises ? p.ramp_up_s : 0));
  wait([&] { return now_ns() >= warm_ns; }, 1e9);
}

/// The first fifth of the time is its own warm-up.
void load_run::find_peak() {
  const auto& p = scenario_.values;
  writers_.run_closed(static_cast<std::size_t>(p.window));
  const auto begin = now_ns();
  const auto from = begin + ns_of(p.peak_s / 5), to = begin + ns_of(p.peak_s);
  wait([&] { return now_ns() >= from; }, 1e9);
  const auto acked = writers_.acked_ever();
  const auto counted_from = now_ns();
  wait([&] { return now_ns() >= to; }, 1e9);
  const auto peak = static_cast<double>(writers_.acked_ever() - acked) / seconds_of(now_ns() - counted_from);
  if (peak <= 0) throw refusal(exit_code::unreachable, "no publish was acknowledged while the peak was looked for");
  overload_ = overload_outcome{peak};
  writers_.run_open(peak * p.overload, 0);
}

// --- the load

void load_run::measure() {
  watch_.begin();
  cpu_s_ = own_cpu_s();
  bytes_in_ = stage_.context.bytes_in, bytes_out_ = stage_.context.bytes_out;
  const auto begin = now_ns();
  stage_.measured.begin(begin);
  end_ns_ = begin + ns_of(duration_s());
  if (options_.tells_begin) std::puts("begin"), std::fflush(stdout);
  readers_.begin_drops();
  if (schedule_.rooms > 0) writers_.run_schedule(schedule_, scenario_.values.replay_speed);
  await_interval();
  wait([this] { return now_ns() >= end_ns_; }, 1e9);
  end_early();
}

void load_run::await_interval() {
  const auto passed = static_cast<double>(stage_.measured.history().t_s.size() + 1);
  const auto next = stage_.measured.begin_ns() + ns_of(passed * interval_s_);
  if (next >= end_ns_) return;  // the last one is closed with the end
  interval_timer_.expires_at(moment_of(next));
  interval_timer_.async_wait([this](boost::system::error_code failed) {
    if (failed || !stage_.measured.is_measuring()) return;
    close_interval(now_ns());
    await_interval();
  });
}

void load_run::close_interval(std::int64_t now) {
  if (!stage_.measured.close_interval(now)) return;
  watch_.sample();
  progress_.interval(stage_, interval_s_, seconds_of(end_ns_ - now));
}

void load_run::end_early() {
  if (!stage_.measured.is_measuring()) return;
  const auto now = now_ns();
  close_interval(now);
  stage_.measured.end(now);
  interval_timer_.cancel();
  cpu_s_ = own_cpu_s() - cpu_s_;
  bytes_in_ = stage_.context.bytes_in - bytes_in_, bytes_out_ = stage_.context.bytes_out - bytes_out_;
  if (overload_) {
    const auto& t = stage_.measured.total();
    const auto& errors = stage_.measured.errors();
    const auto unsent = errors.contains("not_sent") ? errors.at("not_sent") : 0;
    const auto seconds = std::max(stage_.measured.measured_s(), 1e-9);
    overload_->offered_per_s = static_cast<double>(t.publishes + unsent) / seconds;
    overload_->goodput_per_s = static_cast<double>(t.acks) / seconds;
  }
}

void load_run::settle() {
  readers_.end_trouble();
  joiners_.stop();
  // A replay's last lines fall due at the end itself.
  wait([this] { return schedule_.rooms == 0 || scenario_.values.duration_s > 0 || writers_.is_all_sent(); },
       scenario_.values.settle_s);
  writers_.stop();
  auto next_look = now_ns();
  const bool is_settled = wait(
      [&] {
        if (now_ns() < next_look) return false;
        next_look = now_ns() + 20'000'000;  // it looks at every stream
        return writers_.unanswered() == 0 && joiners_.are_all_done() && readers_.have_all();
      },
      scenario_.values.settle_s);
  if (!is_settled) {
    writers_.give_up_unanswered();
    const auto gone = readers_.judge();
    if (gone > 0) {
      lost_target_ = std::to_string(gone) + " readers could not come back: " + first_loss();
      is_partial_ = true;
    }
  }
  for (std::size_t room = 0; room < stage_.rooms.size(); ++room)
    if (const auto wrong = stage_.rooms.complete(room)) stage_.violated("all writers", room, wrong);
}

run_result load_run::result() {
  door_.shut();
  const auto seconds = std::max(stage_.measured.measured_s(), 1e-9);
  const auto& t = stage_.measured.total();
  const auto rate = static_cast<double>(t.deliveries + t.acks) / seconds;
  run_result r{scenario_.name,   started_,        build_version(), build_commit(),
               scenario_.values, stage_.measured, stage_.found};
  r.is_partial = is_partial_ || is_interrupted_ || stage_.measured.measured_s() == 0;
  r.connections = connection_count();
  r.bytes_in = bytes_in_, r.bytes_out = bytes_out_;
  r.processes = watch_.taken();
  r.generator_cpu_s = cpu_s_;
  r.interval_s = interval_s_;
  r.ceiling = ceiling_;
  r.is_above_half = cpu_s_ / seconds > 0.5 || (ceiling_.per_s > 0 && rate > ceiling_.per_s / 2);
  r.overload = overload_;
  r.drift = drift_of(stage_.measured.history(), r.processes);
  return r;
}

}  // namespace parley::load
