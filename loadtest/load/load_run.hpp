#pragma once

#include "loadtest/load/joiners.hpp"
#include "loadtest/load/progress.hpp"
#include "loadtest/load/readers.hpp"
#include "loadtest/load/run.hpp"
#include "loadtest/load/run_result.hpp"
#include "loadtest/load/writers.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace parley::load {

/// One run: who takes part, and its phases, one after the other. They throw `refusal`, and `interruption` at a signal.
class load_run {
public:
  struct interruption {};

  load_run(const scenario& what, const run_options& options, replay_schedule schedule);

  /// Targets, sources, descriptors, ports: before anything is sent.
  void prepare();
  /// What the load itself could do at most.
  void know(const ceiling& most) { ceiling_ = most; }
  /// Everything up to the load that is measured: filled rooms, connections, joins, warm-up.
  void begin();
  void measure();
  /// The last answers and deliveries, and what the checker says of the whole.
  void settle();

  /// For an end before its time.
  void end_early();
  bool is_interrupted() const { return is_interrupted_; }
  bool found_nothing() const { return stage_.found.count() == 0; }
  /// Why readers could not be judged; empty: they could.
  const std::string& lost_target() const { return lost_target_; }
  run_result result();

private:
  /// Runs the loop until `is_done`. @returns false at the limit
  bool wait(const std::function<bool()>& is_done, double limit_s);
  /// The same for what must be, before the load is measured. Whatever is lost meanwhile ends the run.
  void must(const std::string& what, const std::function<bool()>& is_done, const std::function<std::size_t()>& so_far,
            std::size_t all);
  void reach(const std::vector<std::string>& names, const ways& where);
  void fill();
  void connect();
  void start_load();
  void find_peak();
  void await_interval();
  void close_interval(std::int64_t now);
  std::string first_loss() const;
  std::size_t connection_count() const;
  double duration_s() const;

  const scenario scenario_;
  const run_options options_;
  const replay_schedule schedule_;
  ceiling ceiling_;
  stage stage_;
  door door_;
  readers readers_;
  writers writers_;
  joiners joiners_;
  std::unique_ptr<writers> fillers_;
  progress progress_;
  process_watch watch_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer interval_timer_;
  double interval_s_;
  std::int64_t end_ns_ = 0;
  std::uint64_t bytes_in_ = 0, bytes_out_ = 0;
  double cpu_s_ = 0;
  bool is_interrupted_ = false, is_partial_ = false;
  std::optional<overload_outcome> overload_;
  std::string lost_target_, started_;
};

}  // namespace parley::load
