#pragma once

#include "loadtest/load/connection.hpp"
#include "loadtest/load/stage.hpp"
#include "loadtest/load/stream_check.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace parley::load {

class client;

/// One room that a client reads, join after join.
struct stream {
  std::size_t room = 0;
  stream_check check;
  std::uint32_t join_id = 0;               ///< of the request that waits for its answer; 0: none does
  std::int64_t asked_ns = 0;               ///< when the join, or the drop that it makes good, was due
  std::int64_t live_since_ns = INT64_MAX;  ///< events published before this have no delivery to time
  bool is_resume = false;
};

/// Who made a client and tells it what to do. Called on the loop's thread; may call the client back.
class client_owner {
public:
  /// Connected and greeted. Its joins have been sent already.
  virtual void greeted(client&) {}
  /// Also after `catching_up`, with `is_first` false.
  virtual void live(client&, stream&, bool is_first) { (void)is_first; }
  /// An ack, or a refusal that is for no join.
  virtual void answered(client&, const answer&) {}
  /// A join was refused; `stream` waits for nothing any more.
  virtual void join_refused(client&, stream&, const answer&) {}
  virtual void lost(client&, const std::string& why, unsigned close_code) = 0;

protected:
  ~client_owner() = default;
};

/// One user's session and the streams of its rooms, each checked as it comes. It knows the protocol; when to connect,
/// join, publish and drop is its owner's.
class client final : connection_listener, answer_sink {
public:
  client(stage& shared, client_owner& owner, std::string name);

  /// Connects, greets, and joins all its streams again: from where they stood, or with the scenario's rewind.
  void open();
  /// Ends the connection as a tunnel does.
  void drop();
  void pause() { connection_.pause(); }
  void resume() { connection_.resume(); }
  /// @param receive_bytes_max of the next connections' sockets; 0: the system's
  void limit_receive_buffer(int receive_bytes_max) { receive_bytes_max_ = receive_bytes_max; }

  /// To be joined at the next `open`, or by `join`.
  stream& add_stream(std::size_t room);
  /// Asks for it, with the scenario's rewind.
  void join(stream& s, std::int64_t due_ns);
  /// Leaves the room and forgets its stream; what is under way of it is let pass.
  void leave_first();
  std::uint32_t publish(std::size_t room, event_key key, std::string_view text);

  std::vector<stream>& streams() { return streams_; }
  const std::string& name() const { return name_; }
  bool is_greeted() const { return is_greeted_; }
  bool is_over() const { return connection_.is_over(); }
  /// Its deliveries are checked and counted, but tell nothing of latency: it stalls on purpose.
  bool is_stalling = false;
  bool is_reader = false;    ///< connects where readers do
  std::uint32_t number = 0;  ///< for its owner

private:
  void opened() override;
  void received(std::string_view message) override;
  void ended(const std::string& why, unsigned close_code) override;
  void answered(const answer& one) override;

  void send_join(stream& s);
  stream* find(std::string_view room);
  void take_error(const answer& one);
  void take_batch(stream& s, const answer& one);
  void take_joined(stream& s, const answer& one);
  void take_live(stream& s, const answer& one);
  void judge(const stream& s, const broken& wrong) {
    if (wrong) stage_.violated(name_, s.room, wrong);
  }

  stage& stage_;
  client_owner& owner_;
  std::string name_;
  connection connection_;
  std::vector<stream> streams_;
  std::vector<std::size_t> leaving_;  ///< rooms whose `left` has not come
  std::uint32_t last_id_ = 0;
  int receive_bytes_max_ = 0;
  bool is_greeted_ = false;
};

}  // namespace parley::load
