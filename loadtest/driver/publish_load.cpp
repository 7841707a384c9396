#include "loadtest/driver/crowd.hpp"
#include "loadtest/driver/latency_histogram.hpp"
#include "loadtest/driver/load_options.hpp"
#include "loadtest/driver/report.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cmath>
#include <random>

/// Durable publishes over some connections into some rooms. Closed: each connection keeps `window` unanswered. Open:
/// publishes fall due at random times (a Poisson process) whether or not the node keeps up, and the clock of each runs
/// from when it was due.
namespace parley::load {
namespace {

using clock = std::chrono::steady_clock;

class publishing {
public:
  publishing(const load_options& options)
      : options_(options),
        crowd_(io_, options.to, options.connections),
        due_(options.connections),
        acked_(options.rooms),
        timer_(io_),
        text_(options.text_bytes, 'x') {
    crowd_.received = [this](std::size_t member, std::string_view text) {
      answered_by_ = member;
      if (!read_answers(text, sink_)) throw failure{"not understood: " + std::string(text.substr(0, 200))};
    };
    sink_.answered = [this](const answer& a) { take(a); };
  }

  void run() {
    crowd_.open();
    start();
    const auto pass = [this](double seconds) {
      const auto end =
          clock::now() + std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds));
      crowd_.run_until([&] { return clock::now() >= end; }, std::chrono::hours(1), "the time to pass");
    };
    pass(options_.warm_up);
    tell_begin();
    is_measuring_ = true;
    const auto begin = clock::now();
    pass(options_.seconds);
    is_measuring_ = false;
    const std::chrono::duration<double> took = clock::now() - begin;
    report told;
    told.add("acked", static_cast<double>(measured_));
    told.add("seconds", took.count());
    told.add("acked_per_second", static_cast<double>(measured_) / took.count());
    told.add("ack", latencies_);
    if (options_.rate > 0) told.add("sent_late", lateness_);
    // What the script compares CPU clocks with ends here; the rest is the check.
    told.tell();
    is_stopped_ = true;
    crowd_.run_until([this] { return unanswered_ == 0; }, std::chrono::seconds(30), "the last answers");
    check();
  }

private:
  void start() {
    if (options_.rate > 0) {
      next_due_ = clock::now();
      await_due();
      return;
    }
    for (std::size_t n = 0; n < options_.window; ++n)
      for (std::size_t member = 0; member < crowd_.size(); ++member) publish(member, clock::now());
  }

  void await_due() {
    if (is_stopped_) return;
    const auto now = clock::now();
    while (next_due_ <= now) {
      if (is_measuring_) lateness_.add(now - next_due_);
      publish(published_ % crowd_.size(), next_due_);
      next_due_ += std::chrono::nanoseconds(static_cast<std::int64_t>(-std::log(1 - random_()) / options_.rate * 1e9));
    }
    timer_.expires_at(next_due_);
    timer_.async_wait([this](boost::system::error_code) { await_due(); });
  }

  void publish(std::size_t member, clock::time_point due) {
    // Keys grow with time, as those of Parley's clients do.
    char key[32];
    std::snprintf(key, sizeof key, "%019llu", static_cast<unsigned long long>(++published_));
    auto& mine = due_[member];
    mine.push_back(due);
    const auto room = options_.prefix + '-' + std::to_string(published_ % options_.rooms);
    ++unanswered_;
    crowd_.at(member).send(publish_request(static_cast<std::uint32_t>(mine.size() + 1), room, key, text_));
  }

  void take(const answer& a) {
    if (a.what == answer::kind::error) throw failure{"refused: " + std::string(a.name)};
    if (a.what != answer::kind::published) return;
    const auto now = clock::now();
    const auto due = due_[answered_by_].at(a.id - 2);
    --unanswered_;
    if (is_measuring_) {
      ++measured_;
      latencies_.add(now - due);
    }
    const auto dash = a.room.rfind('-');
    auto& seen = acked_.at(std::stoul(std::string(a.room.substr(dash + 1))));
    if (seen.size() < a.seq) seen.resize(a.seq * 2, false);
    if (seen[a.seq - 1]) throw failure{"a violation: seq " + std::to_string(a.seq) + " was acknowledged twice"};
    seen[a.seq - 1] = true;
    if (options_.rate == 0 && !is_stopped_) publish(answered_by_, now);
  }

  /// Nobody else writes here: every number from 1 on was acknowledged once.
  void check() const {
    std::uint64_t acked = 0;
    for (const auto& seen : acked_) {
      bool has_hole = false;
      for (const bool is_acked : seen) {
        if (is_acked && has_hole) throw failure{"a violation: a seq was given to nobody"};
        has_hole = has_hole || !is_acked;
        acked += is_acked ? 1 : 0;
      }
    }
    if (acked != published_) throw failure{"a violation: not every publish was acknowledged once"};
  }

  load_options options_;
  boost::asio::io_context io_;
  crowd crowd_;
  answer_sink sink_;
  std::vector<std::vector<clock::time_point>> due_;  ///< of each connection's publishes, by request id from 2
  std::vector<std::vector<bool>> acked_;             ///< of each room, by seq
  boost::asio::steady_timer timer_;
  clock::time_point next_due_;
  std::string text_;
  std::size_t answered_by_ = 0;
  std::uint64_t published_ = 0, unanswered_ = 0, measured_ = 0;
  bool is_measuring_ = false, is_stopped_ = false;
  latency_histogram latencies_, lateness_;
  std::minstd_rand engine_{1};
  double random_() { return std::uniform_real_distribution<double>(0, 1)(engine_); }
};

}  // namespace

void publish_load(const load_options& options) { publishing(options).run(); }

}  // namespace parley::load
