#include "net/session/session.hpp"

/// The way from the outbox to the socket.
namespace parley::net {

void session::flush() {
  if (state_ == state::open && outbox_.is_past_bound()) {
    outbox_.drop_all();
    finish(static_cast<std::uint16_t>(close_code::too_far_behind), "too much waits to be read");
  }
  if (state_ == state::over || state_ == state::lingering) return;
  if (!is_waiting_writable_) write_some();
  if (state_ == state::open) {
    tell_drained();
    on_written();
  } else if (state_ == state::closing && outbox_.is_empty()) {
    linger();
  }
}

void session::write_some() {
  // The socket does not block, so that a delivery is the system call alone: no operation, no handler. A reader with a
  // long backlog gives way to others after some rounds.
  constexpr int rounds_max = 8;
  for (int round = 0; !outbox_.is_empty(); ++round) {
    if (round == rounds_max) return thread_.touch(*this);
    const auto next = outbox_.gather(front().options.write_bytes_max);
    boost::system::error_code failed;
    const std::size_t written = socket_.write_some(next.buffers(), failed);
    if (failed == boost::asio::error::would_block || failed == boost::asio::error::try_again) return wait_writable();
    if (failed) return be_over();
    front().probe.bytes_written(written, next.size());
    outbox_.consumed(written, [this](const stream_marks* marks, const live_frame* live) { given(marks, live); });
    if (written < boost::asio::buffer_size(next.buffers())) return wait_writable();
  }
}

void session::wait_writable() {
  is_waiting_writable_ = true;
  socket_.async_wait(tcp_socket::wait_write, [me = self<session>()](boost::system::error_code failed) {
    me->is_waiting_writable_ = false;
    if (!failed && !me->is(state::over)) me->thread_.touch(*me);
  });
}

void session::given(const stream_marks* marks, const live_frame* live) {
  bool is_whole = true;
  if (live != nullptr) {
    const bool is_contiguous = live->before().seq.value + live->events().size() == live->last().seq.value;
    is_whole = verifier_.given_batch(live->room()->room, live->before().seq, live->last().seq) && is_contiguous;
    front().probe.live_batch_written();
  } else if (marks != nullptr) {
    for (const auto& mark : *marks) is_whole = verifier_.given(mark) && is_whole;
  }
  if (is_whole) [[likely]]
    return;
  front().probe.stream_broken();
  front().out.write(log_level::error, "session.stream_broken", {{"conn_id", conn_id_}});
}

void session::tell_drained() {
  if (!outbox_.has_due() || !conversation_) return;
  for (const std::uint32_t token : outbox_.due()) conversation_->drained(token);
}

}  // namespace parley::net
