#include "actors/core/live_table.hpp"
#include "loadtest/bench/core_paths.hpp"
#include "loadtest/bench/given.hpp"
#include "loadtest/guard/hot_path.hpp"
#include "net/live_frame.hpp"
#include "net/session/outbox.hpp"
#include "net/session/stream_marks.hpp"
#include "net/session/stream_verifier.hpp"

#include <boost/asio/buffer.hpp>

#include <deque>
#include <memory>
#include <utility>
#include <vector>

/// From a feed's `deliver` to the bytes that a socket would be given, and a reply's way there.
namespace parley::guard {
namespace {

using net::live_frame;
using net::live_frame_ptr;
using net::stream_mark;
using net::stream_marks;
using net::wire_form;

/// A session without its socket, which takes all that is written at once (net/session/session_writes.cpp).
struct reader {
  wire_form form;
  net::outbox waiting;
  net::stream_verifier verifier;

  /// @returns whether the stream is whole
  bool flush() {
    constexpr std::size_t write_bytes_max = 64 * 1024;
    bool is_whole = true;
    while (!waiting.is_empty()) {
      const auto next = waiting.gather(write_bytes_max);
      waiting.consumed(boost::asio::buffer_size(next.buffers()),
                       [&](const stream_marks* marks, const live_frame* live) {
                         if (live != nullptr)
                           is_whole &= verifier.given_batch(live->room()->room, live->before().seq, live->last().seq);
                         else if (marks != nullptr)
                           for (const auto& mark : *marks) is_whole &= verifier.given(mark);
                       });
    }
    return is_whole;
  }
};

/// What a thread's table does with its sessions, and which of them it touched.
struct sink {
  std::vector<reader*> touched;

  bool write(reader* to, const live_frame_ptr& frame) {
    touched.push_back(to);
    return to->waiting.push_live(frame, to->form);
  }
  bool write_after(reader* to, const live_frame_ptr& frame, position at) { return write(to, frame->after(at)); }
  void live(reader*, const room_key&, generation, position) {}
  void behind(reader*, const room_key&, generation, position, bool) {}
};

/// A frame, encoded already, to each of a room's readers; half of them read JSON.
class deliveries {
public:
  deliveries(std::size_t readers, std::uint64_t frames) {
    table_.open(room_->key, {});
    for (std::size_t n = 0; n < readers; ++n) {
      readers_.push_back({n % 2 == 0 ? wire_form::ws_json : wire_form::ws_proto, net::outbox{}, {}});
      (void)readers_.back().verifier.given({stream_mark::deed::joined, room_->room, seq{0}, seq{0}});
      table_.go_live(&readers_.back(), room_->key, generation{1}, {}, sink_);
    }
    position before;
    for (const auto& e : bench::events(frames)) {
      frames_.push_back(std::make_shared<live_frame>(room_, before, event_list{e}));
      for (const auto form : {wire_form::ws_json, wire_form::ws_proto}) (void)frames_.back()->bytes(form);
      before = e->at_position();
    }
  }

  /// @returns whether every reader's stream goes on
  bool run() {
    sink_.touched.clear();
    table_.deliver(room_->key, frames_[number_++], sink_);
    bool is_whole = sink_.touched.size() == readers_.size();
    for (auto* one : sink_.touched) is_whole &= one->flush();
    return is_whole;
  }

private:
  room_ref room_ = bench::room(1);
  std::deque<reader> readers_;  // a row holds their addresses
  live_table<reader*, live_frame_ptr> table_;
  sink sink_;
  std::vector<live_frame_ptr> frames_;
  std::size_t number_ = 0;
};

/// One event's frame, made and encoded for all who read this form.
class frames {
public:
  explicit frames(wire_form form) : form_(form) {}

  bool run() {
    const auto frame = std::make_shared<live_frame>(room_, position{}, event_list{event_});
    return !frame->bytes(form_).empty();
  }

private:
  wire_form form_;
  room_ref room_ = bench::room(1);
  event_ptr event_ = bench::event_of(1);
};

/// An ack, from its message to the bytes given (`session::enqueue`).
class replies {
public:
  bool run() {
    auto marks = net::marks_of(ack_);
    auto bytes = std::make_shared<const std::string>(net::wire_bytes(reader_.form, ack_, net::greeting{}));
    reader_.waiting.push(std::move(bytes), std::move(marks));
    return reader_.flush() && reader_.waiting.bytes() == 0;
  }

private:
  reader reader_{wire_form::ws_json, net::outbox{}, {}};
  server_message ack_{7, reply::published{"room-1", {term{1}, seq{1}}, bench::today}};
};

}  // namespace

std::vector<hot_path> delivery_paths() {
  constexpr std::uint64_t warm = 256, counted = 256, readers = 100;
  return {
      {"frame.json", 1, warm, counted, rounds_of([] { return frames(wire_form::ws_json); })},
      {"frame.proto", 1, warm, counted, rounds_of([] { return frames(wire_form::ws_proto); })},
      {"delivery.100_readers", readers, warm, counted, rounds_of([] { return deliveries(readers, warm + counted); })},
      {"reply.ack", 1, warm, counted, rounds_of([] { return replies(); })},
  };
}

}  // namespace parley::guard
