#include "node/front_metrics.hpp"

namespace parley {
namespace {

// docs/protocol.md, "Errors and closing". What a peer sends as its own code may be anything: it must not make labels.
constexpr std::array<std::uint16_t, 16> known_codes{1000, 1001, 1002, 1003, 1006, 1007, 1009, 1011,
                                                    4400, 4401, 4403, 4408, 4429, 4500, 4508, 4509};

}  // namespace

front_metrics::front_metrics(metric_book book)
    : accepted_(book.counter("parley_connections_accepted_total", "TCP connections accepted.")),
      refused_(book.counter("parley_connections_refused_total", "Connections refused: too many of an address.")),
      pauses_(book.counter("parley_accept_pauses_total", "Times that no descriptor was left to accept with.")),
      sessions_(book.gauge("parley_sessions", "Open WebSockets and event streams.")),
      frames_(book.counter("parley_frames_received_total", "WebSocket messages from clients.")),
      received_(book.counter("parley_frames_received_bytes_total", "Bytes in them.")),
      not_understood_(book.counter("parley_frames_not_understood_total", "Messages that closed their session.")),
      writes_(book.counter("parley_writes_total", "Writes to sockets, one system call each.")),
      written_(book.counter("parley_written_bytes_total", "Bytes written.")),
      blocks_(book.counter("parley_written_blocks_total", "Messages and live batches in those writes.")),
      live_(book.counter("parley_live_batches_written_total", "Live batches given to sessions.")),
      behind_(book.counter("parley_readers_fell_behind_total", "Rooms of slow readers sent back to storage (G9).")),
      violations_(book.counter("parley_stream_violations_total", "Streams that broke G3. Must stay 0.")) {
  constexpr auto closed = "parley_sessions_closed_total";
  constexpr auto closed_help = "Ended sessions by close code; 1006 without one.";
  for (const auto code : known_codes)
    closed_[code] = &book.counter(closed, closed_help, {{"code", std::to_string(code)}});
  closed_[0] = &book.counter(closed, closed_help, {{"code", "other"}});
  for (std::size_t digit = 1; digit < http_.size(); ++digit) {
    http_[digit] = &book.counter("parley_http_answers_total", "HTTP answers by class of status.",
                                 {{"status", std::to_string(digit) + "xx"}});
  }
}

void front_metrics::session_closed(std::uint16_t code) {
  sessions_.Decrement();
  const auto known = closed_.find(code);
  (known == closed_.end() ? closed_.at(0) : known->second)->Increment();
}

void front_metrics::http_answered(unsigned status) {
  const auto digit = status / 100;
  if (digit >= 1 && digit < http_.size()) http_[digit]->Increment();
}

}  // namespace parley
