#include "net/session/session.hpp"

#include "net/conn_id.hpp"

#include <utility>

namespace parley::net {

session::session(front_thread& thread, tcp_socket socket, wire_form form)
    : kept_(thread.shared_from_this()),
      thread_(thread),
      socket_(std::move(socket)),
      id_(thread.front().next_session()),
      form_(form),
      conn_id_(make_conn_id()),
      outbox_(thread.front().options.waiting),
      progress_at_(net_clock::now()) {
  thread.front().probe.session_opened();
}

// ---- from the actors, any thread ----------------------------------------------------------------------------------

void session::send(server_message message) {
  thread_.post([me = self<session>(), message = std::move(message)]() mutable { me->on_send(std::move(message)); });
}

void session::notify_drained(std::uint32_t token) {
  thread_.post([me = self<session>(), token] {
    if (!me->is(state::open)) return;
    me->outbox_.watch(token);
    me->thread_.touch(*me);
  });
}

void session::close(close_code code, std::string reason) {
  thread_.post([me = self<session>(), code, reason = std::move(reason)] {
    me->finish(static_cast<std::uint16_t>(code), reason);
  });
}

// ---- on the session's thread --------------------------------------------------------------------------------------

void session::on_send(server_message message) {
  if (state_ != state::open) return;
  about_to_send(message);
  if (state_ != state::open) return;
  if (message.id != 0 && unanswered_ > 0) --unanswered_;
  enqueue(message);
  close_if_drained();
}

void session::request(client_request request) {
  if (request.id != 0) ++unanswered_;
  conversation_->requested(std::move(request));
}

void session::enqueue(const server_message& message) {
  greeting own;
  if (std::holds_alternative<reply::connected>(message.body)) {
    const auto& options = front().options;
    own = {conn_id_, options.node, static_cast<std::uint32_t>(options.patience.ping.count()), options.bounds};
  }
  auto marks = marks_of(message);
  const bool is_of_a_stream =
      std::holds_alternative<reply::joined>(message.body) || std::holds_alternative<reply::left>(message.body);
  if (message.id == 0 && is_of_a_stream) return keep_unseen(std::move(*marks));
  const auto* batch = message.id == 0 ? std::get_if<push::batch>(&message.body) : nullptr;
  auto bytes = batch != nullptr ? thread_.recent().bytes(form_, *batch)
                                : std::make_shared<const std::string>(wire_bytes(form_, message, own));
  if (bytes->empty()) return marks ? keep_unseen(std::move(*marks)) : void();
  if (unseen_) {
    if (marks) unseen_->insert(unseen_->end(), marks->begin(), marks->end());
    marks = std::move(unseen_);
  }
  outbox_.push(std::move(bytes), std::move(marks));
  thread_.touch(*this);
}

/// What is not shown (a `joined` or `left` that nobody asked to see, any in an event stream) still counts for the
/// verifier, in its place: behind what waits already, before what comes next. A room's last word is enough.
void session::keep_unseen(stream_marks marks) {
  if (!unseen_) unseen_ = std::make_unique<stream_marks>();
  for (auto& mark : marks) {
    std::erase_if(*unseen_, [&](const stream_mark& older) { return older.room == mark.room; });
    unseen_->push_back(std::move(mark));
  }
}

void session::enqueue(block bytes) {
  outbox_.push(std::move(bytes));
  thread_.touch(*this);
}

void session::drain(const push::reconnect& farewell) {
  if (state_ != state::open || is_draining_) return;
  is_draining_ = true;
  if (conversation_) enqueue(server_message{0, farewell});
  close_if_drained();
}

void session::close_if_drained() {
  if (is_draining_ && unanswered_ == 0) finish(static_cast<std::uint16_t>(close_code::going_away), "the node drains");
}

void session::sweep(net_time now) {
  if (state_ == state::closing || state_ == state::lingering) {
    if (now >= deadline_) be_over();
    return;
  }
  if (is_stalled(now)) {
    // Its kernel buffers are full: the close frame has little hope, the deadline of closing has the last word.
    outbox_.drop_all();
    return finish(static_cast<std::uint16_t>(close_code::too_far_behind), "reads too slowly");
  }
  on_sweep(now);
}

bool session::is_stalled(net_time now) {
  constexpr std::uint64_t progress_bytes_min = 1024;
  if (outbox_.is_empty() || outbox_.written_total() - progress_bytes_ >= progress_bytes_min) {
    progress_bytes_ = outbox_.written_total();
    progress_at_ = now;
  }
  return now - progress_at_ > front().options.patience.stall;
}

// ---- the end ------------------------------------------------------------------------------------------------------

void session::finish(std::uint16_t code, std::string_view reason) {
  if (state_ != state::open) return;
  say_goodbye(code, reason);
  finish_silently(code);
}

void session::finish_silently(std::uint16_t code) {
  if (state_ != state::open) return;
  state_ = state::closing;
  deadline_ = net_clock::now() + front().options.patience.closing;
  end_conversation(code);
  thread_.touch(*this);
}

void session::end_conversation(std::uint16_t code) {
  for (const auto& row : rows_) thread_.table().leave(this, row.room->key, row.gen);
  rows_.clear();
  front().probe.session_closed(code);
  if (const auto with = std::exchange(conversation_, nullptr)) with->closed();
}

void session::linger() {
  state_ = state::lingering;
  boost::system::error_code ignored;
  socket_.shutdown(tcp_socket::shutdown_send, ignored);
  if (ignored) return be_over();
  stop_reading();
}

void session::discard() {
  if (state_ == state::over) return;
  if (!discarded_) discarded_ = std::make_unique<std::array<char, 4096>>();
  socket_.async_read_some(boost::asio::buffer(*discarded_), [me = self<session>()](auto failed, std::size_t) {
    if (me->is(state::over)) return;
    if (!failed) return me->discard();
    me->be_over();
  });
}

void session::abort() { be_over(); }

void session::be_over() {
  if (state_ == state::over) return;
  const auto kept = shared_from_this();
  if (state_ == state::open) {
    state_ = state::over;
    end_conversation(code_abnormal);
  }
  state_ = state::over;
  boost::system::error_code ignored;
  socket_.close(ignored);
  on_over();
  thread_.delist(*this);
}

}  // namespace parley::net
