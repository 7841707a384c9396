#include "loadtest/driver/crowd.hpp"
#include "loadtest/driver/latency_histogram.hpp"
#include "loadtest/driver/load_options.hpp"
#include "loadtest/driver/report.hpp"
#include "loadtest/driver/stream_check.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <unistd.h>

/// Joins of one hot room, over and over, each with a rewind; and sessions that only sit there.
namespace parley::load {
namespace {

using clock = std::chrono::steady_clock;

class joining {
public:
  joining(const load_options& options, std::size_t rooms)
      : options_(options),
        rooms_(rooms),
        crowd_(io_, options.to, options.connections),
        check_(options.connections),
        asked_at_(options.connections) {
    crowd_.received = [this](std::size_t member, std::string_view text) {
      member_ = member;
      if (!read_answers(text, sink_)) throw failure{"not understood: " + std::string(text.substr(0, 200))};
    };
    sink_.answered = [this](const answer& a) { take(a); };
    sink_.event = [this](std::string_view, bool is_first, std::uint64_t prev, std::uint64_t seq) {
      check_.event(member_, is_first, prev, seq);
    };
  }

  void fill() {
    crowd_.open();
    constexpr std::uint32_t events = 200;
    const std::string text(options_.text_bytes, 'x');
    for (std::uint32_t n = 0; n < events; ++n)
      crowd_.at(0).send(publish_request(n + 2, room_name(0), "fill-" + std::to_string(n), text));
    crowd_.run_until([this] { return published_ == events; }, std::chrono::seconds(30), "the room to be filled");
  }

  void join_again_and_again() {
    fill();
    is_repeating_ = true;
    for (std::size_t n = 0; n < crowd_.size(); ++n) join(n);
    pass(options_.warm_up);
    tell_begin();
    is_measuring_ = true;
    const auto begin = clock::now();
    pass(options_.seconds);
    is_measuring_ = is_repeating_ = false;
    const std::chrono::duration<double> took = clock::now() - begin;
    report told;
    told.add("joins", static_cast<double>(latencies_.count()));
    told.add("seconds", took.count());
    told.add("joins_per_second", static_cast<double>(latencies_.count()) / took.count());
    told.add("join", latencies_);
    told.tell();
    report().add(check_);
  }

  void sit() {
    crowd_.open();
    for (std::size_t n = 0; n < crowd_.size(); ++n) join(n);
    crowd_.run_until([this] { return live_ == crowd_.size(); }, std::chrono::minutes(5), "every join");
    tell_begin();
    // The loop goes on, so that pings are answered.
    boost::asio::posix::stream_descriptor input(io_, ::dup(STDIN_FILENO));
    bool has_ended = false;
    input.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [&](boost::system::error_code) { has_ended = true; });
    crowd_.run_until([&] { return has_ended; }, std::chrono::hours(1), "the end of the input");
    report told;
    told.add("connections", static_cast<double>(live_));
    told.tell();
  }

private:
  std::string room_name(std::size_t number) const { return options_.prefix + '-' + std::to_string(number); }

  void join(std::size_t member) {
    asked_at_[member] = clock::now();
    crowd_.at(member).send(join_request(1'000'000, room_name(member % rooms_), options_.rewind));
  }

  void take(const answer& a) {
    if (a.what == answer::kind::error) throw failure{"refused: " + std::string(a.name)};
    if (a.what == answer::kind::gap) check_.violated("a gap");
    if (a.what == answer::kind::published) ++published_;
    if (a.what == answer::kind::joined) check_.joined(member_, a.seq, a.head);
    if (a.what != answer::kind::live) return;
    check_.live(member_, a.seq);
    ++live_;
    if (is_measuring_) latencies_.add(clock::now() - asked_at_[member_]);
    if (is_repeating_) join(member_);
  }

  void pass(double seconds) {
    const auto end = clock::now() + std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds));
    crowd_.run_until([&] { return clock::now() >= end; }, std::chrono::hours(1), "the time to pass");
  }

  load_options options_;
  std::size_t rooms_;
  boost::asio::io_context io_;
  crowd crowd_;
  answer_sink sink_;
  stream_check check_;
  std::vector<clock::time_point> asked_at_;
  std::size_t member_ = 0, live_ = 0;
  std::uint64_t published_ = 0;
  bool is_measuring_ = false, is_repeating_ = false;
  latency_histogram latencies_;
};

}  // namespace

void join_load(const load_options& options) { joining(options, 1).join_again_and_again(); }

void idle_load(const load_options& options) { joining(options, options.rooms).sit(); }

}  // namespace parley::load
