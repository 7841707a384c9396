#include "loadtest/driver/crowd.hpp"
#include "loadtest/driver/latency_histogram.hpp"
#include "loadtest/driver/load_options.hpp"
#include "loadtest/driver/report.hpp"
#include "loadtest/driver/stream_check.hpp"

/// One publisher and many readers. The next publish leaves when all but the last `window - 1` have reached everyone
/// who reads their rooms; with a window of 1 no two messages ever wait for one reader, so that each delivery is a
/// write.
namespace parley::load {
namespace {

using clock = std::chrono::steady_clock;

class fanning_out {
public:
  fanning_out(const load_options& options)
      : options_(options),
        crowd_(io_, options.to, options.connections + 1),  // the last one publishes
        check_(options.connections * options.rooms_each),
        sent_at_(options.rooms),
        text_(options.text_bytes, 'x') {
    if (options.connections * options.rooms_each % options.rooms != 0)
      throw failure{"connections * rooms-each must be a multiple of rooms"};
    readers_of_room_ = options.connections * options.rooms_each / options.rooms;
    crowd_.received = [this](std::size_t member, std::string_view text) {
      member_ = member;
      if (!read_answers(text, sink_)) throw failure{"not understood: " + std::string(text.substr(0, 200))};
    };
    sink_.answered = [this](const answer& a) { take(a); };
    sink_.event = [this](std::string_view room, bool is_first, std::uint64_t prev, std::uint64_t seq) {
      const auto number = room_number(room);
      check_.event(stream(number), is_first, prev, seq);
      ++delivered_;
      if (!is_measuring_) return;
      ++measured_;
      latencies_.add(clock::now() - sent_at_[number].at(seq - 1));
    };
  }

  void run() {
    crowd_.open();
    for (std::size_t n = 0; n < options_.connections; ++n)
      for (std::size_t i = 0; i < options_.rooms_each; ++i)
        crowd_.at(n).send(join_request(static_cast<std::uint32_t>(i + 2),
                                       room_name((n * options_.rooms_each + i) % options_.rooms), 0));
    crowd_.run_until([this] { return live_ == options_.connections * options_.rooms_each; }, std::chrono::minutes(2),
                     "every join");
    pass(options_.warm_up);
    tell_begin();
    is_measuring_ = true;
    const auto begin = clock::now();
    pass(options_.seconds);
    is_measuring_ = false;
    const std::chrono::duration<double> took = clock::now() - begin;
    report told;
    told.add("deliveries", static_cast<double>(measured_));
    told.add("seconds", took.count());
    told.add("deliveries_per_second", static_cast<double>(measured_) / took.count());
    told.add("readers_of_a_room", static_cast<double>(readers_of_room_));
    told.add("delivery", latencies_);
    told.tell();
    crowd_.run_until([this] { return delivered_ == published_ * readers_of_room_; }, std::chrono::seconds(30),
                     "the last deliveries");
    for (std::size_t s = 0; s < options_.connections * options_.rooms_each; ++s)
      check_.reached(s, sent_at_[s % options_.rooms].size());
    report().add(check_);
  }

private:
  std::string room_name(std::size_t number) const { return options_.prefix + '-' + std::to_string(number); }
  std::size_t room_number(std::string_view name) const {
    std::size_t number = 0;
    for (const char digit : name.substr(options_.prefix.size() + 1))
      number = number * 10 + static_cast<std::size_t>(digit - '0');
    return number;
  }
  /// Reader n's rooms follow each other from n * rooms_each on: its stream's number modulo `rooms` is the room's.
  std::size_t stream(std::size_t room) const {
    const auto first = member_ * options_.rooms_each;
    const auto offset = (room + options_.rooms - first % options_.rooms) % options_.rooms;
    if (offset >= options_.rooms_each) throw failure{"a violation: a push of a room that was not joined"};
    return first + offset;
  }

  void take(const answer& a) {
    switch (a.what) {
      case answer::kind::error: throw failure{"refused: " + std::string(a.name)};
      case answer::kind::gap: return check_.violated("a gap");
      case answer::kind::joined: return check_.joined(stream(room_number(a.room)), a.seq, a.head);
      case answer::kind::live: ++live_; return check_.live(stream(room_number(a.room)), a.seq);
      case answer::kind::catching_up: ++behind_, --live_; return;
      default: return;
    }
  }

  void pass(double seconds) {
    const auto end = clock::now() + std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds));
    crowd_.run_until(
        [&] {
          const auto now = clock::now();
          while (now < end && delivered_ + options_.window * readers_of_room_ > published_ * readers_of_room_)
            publish();
          return now >= end;
        },
        std::chrono::hours(1), "the time to pass");
  }

  void publish() {
    const auto room = published_++ % options_.rooms;
    char key[32];
    std::snprintf(key, sizeof key, "%019llu", static_cast<unsigned long long>(published_));
    sent_at_[room].push_back(clock::now());
    crowd_.at(options_.connections)
        .send(publish_request(static_cast<std::uint32_t>(published_ + 1), room_name(room), key, text_));
  }

  load_options options_;
  boost::asio::io_context io_;
  crowd crowd_;
  answer_sink sink_;
  stream_check check_;
  std::vector<std::vector<clock::time_point>> sent_at_;  ///< of each room's publishes, by seq
  std::string text_;
  std::size_t readers_of_room_ = 0, member_ = 0, live_ = 0, behind_ = 0;
  std::uint64_t published_ = 0, delivered_ = 0, measured_ = 0;
  bool is_measuring_ = false;
  latency_histogram latencies_;
};

}  // namespace

void fan_out_load(const load_options& options) { fanning_out(options).run(); }

}  // namespace parley::load
