#pragma once

#include "actors/ports/machine_clock.hpp"
#include "tests/simulation/agenda.hpp"

#include <deque>
#include <map>
#include <memory>
#include <utility>

namespace parley::simulation {

/// Names a machine on the simulated network: nodes, databases, Redis endpoints and clients.
using address = std::uint32_t;

/// One process: it may be paused, and dies once. What it does later, it does through here, so that a paused one does
/// it when it goes on and a dead one never. Its clocks are its own.
class host : public machine_clock, public std::enable_shared_from_this<host> {
public:
  host(agenda& time, address where) : time_(time), address_(where) {}

  address where() const { return address_; }
  bool is_alive() const { return is_alive_; }
  bool is_paused() const { return is_paused_; }
  bool is_running() const { return is_alive_ && !is_paused_; }

  /// Now, or once it goes on.
  void run(task what);
  /// By true time; drift is small against every delay that is drawn.
  void after(nanoseconds delay, task what);
  void pause() { is_paused_ = true; }
  void go_on();
  /// When it last went on after a pause, in true time.
  /// When its actors last had nothing to do: what had arrived before was dealt with.
  void was_idle() { idle_at_ = time_.now(); }
  instant idle_at() const { return idle_at_; }
  void die();

  instant boot_now() const override;
  unix_time unix_now() const override;
  /// Parts per million by which its boot clock runs fast.
  void drift(std::int64_t ppm) { drift_ppm_ = ppm; }
  /// Steps the calendar clock.
  void jump(milliseconds by) { step_ += by; }

private:
  agenda& time_;
  address address_;
  bool is_alive_ = true;
  bool is_paused_ = false;
  instant idle_at_{};
  std::int64_t drift_ppm_ = 0;
  milliseconds step_{0};
  std::deque<task> waiting_;
};
using host_ptr = std::shared_ptr<host>;

/// Which ways are open. A closed way loses nothing by itself: TCP sends again; whoever tires of waiting cuts.
class network {
public:
  explicit network(agenda& time) : time_(time) {}

  void close(address from, address to) { closed_.emplace(std::pair{from, to}, true); }
  void open(address from, address to) { closed_.erase({from, to}); }
  void open_all() { closed_.clear(); }
  bool is_open(address from, address to) const { return closed_.empty() || !closed_.contains({from, to}); }
  nanoseconds delay() { return time_.between(delay_min, delay_max); }

  nanoseconds delay_min{20'000};
  nanoseconds delay_max{300'000};

private:
  agenda& time_;
  std::map<std::pair<address, address>, bool> closed_;
};

/// A TCP connection of two hosts. Each way keeps its order; a cut loses what is under way, and each end learns of it in
/// its own time, or, over a closed way, not at all.
class wire : public std::enable_shared_from_this<wire> {
public:
  wire(agenda& time, network& net, host_ptr near, host_ptr far)
      : time_(time), net_(net), ends_{std::move(near), std::move(far)} {}

  void to_far(task deliver) { send(0, std::move(deliver)); }
  void to_near(task deliver) { send(1, std::move(deliver)); }
  /// Each end's word that the connection is gone; runs at most once.
  void on_lost_near(task what) { lost_[0] = std::move(what); }
  void on_lost_far(task what) { lost_[1] = std::move(what); }
  /// Resets from nowhere: a middlebox, a crash of the kernel's peer.
  void cut();
  /// Only the near end learns that it is gone: the far one works on what has arrived, and answers nobody.
  void lose_near();
  std::size_t on_the_way_to_near() const { return under_way_[1].size(); }
  /// One end closes: it knows at once, the other when the way is open.
  void close_near() { close(0); }
  void close_far() { close(1); }
  bool is_open() const { return is_open_[0] && is_open_[1] && !is_cut_; }

private:
  struct waiting {
    task deliver;
    bool is_close;
  };
  void send(int from, task deliver);
  void close(int end);
  void push(int from, waiting what);
  void arrive(int from);
  void tell_lost(int end);

  agenda& time_;
  network& net_;
  host_ptr ends_[2];
  task lost_[2];
  bool is_open_[2] = {true, true};
  bool is_cut_ = false;
  std::deque<waiting> under_way_[2];
  instant last_arrival_[2] = {};
};
using wire_ptr = std::shared_ptr<wire>;

}  // namespace parley::simulation
