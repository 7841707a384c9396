#include "net/session/stream_marks.hpp"

namespace parley::net {
namespace {

using enum stream_mark::deed;

bool is_contiguous_after(seq before, const event_list& events) {
  for (const auto& one : events) {
    if (one->seq != next(before)) return false;
    before = one->seq;
  }
  return true;
}

struct marker {
  stream_marks& out;

  void operator()(const reply::joined& body) const {
    out.push_back({joined, body.room, body.start.seq, body.start.seq});
  }
  void operator()(const reply::connected& body) const {
    for (const auto& room : body.rooms)
      if (const auto* outcome = std::get_if<reply::joined>(&room.outcome)) (*this)(*outcome);
  }
  void operator()(const reply::left& body) const { out.push_back({left, body.room, seq{}, seq{}}); }
  void operator()(const push::batch& body) const {
    const seq last = body.events.empty() ? body.before : body.events.back()->seq;
    out.push_back({batch, body.room, body.before, last, is_contiguous_after(body.before, body.events)});
  }
  void operator()(const push::live& body) const { out.push_back({live, body.room, body.at.seq, body.at.seq}); }
  void operator()(const push::catching_up& body) const { out.push_back({live, body.room, body.at.seq, body.at.seq}); }
  void operator()(const push::head& body) const { out.push_back({head, body.room, body.at.seq, body.at.seq}); }
  void operator()(const push::gap& body) const {
    const bool is_reset = body.reason == push::gap_reason::reset;
    out.push_back({is_reset ? reset : gap, body.room, body.from, body.to.seq});
  }
  template <class Other>
  void operator()(const Other&) const {}
};

}  // namespace

std::unique_ptr<stream_marks> marks_of(const server_message& message) {
  stream_marks found;
  std::visit(marker{found}, message.body);
  return found.empty() ? nullptr : std::make_unique<stream_marks>(std::move(found));
}

}  // namespace parley::net
