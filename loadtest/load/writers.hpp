#pragma once

#include "loadtest/load/arrival.hpp"
#include "loadtest/load/door.hpp"
#include "loadtest/load/publishes_under_way.hpp"
#include "loadtest/load/replay_schedule.hpp"
#include "loadtest/load/room_choice.hpp"

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace parley::load {

/// All who publish. What falls due goes out, or is counted as `not_sent` where no writer may have one more under way:
/// nothing waits in the load. Each answer is checked.
class writers final : public client_owner {
public:
  writers(stage& shared, door& entrance, const std::vector<std::string>& names);

  void open();
  bool are_all_greeted() const { return greeted_ == all_.size(); }

  /// Closed: each keeps `window` under way, as fast as they are acknowledged; a burst goes when all of it may.
  void run_closed(std::size_t window);
  /// Closed by deliveries: `pump` sends the next while all but `window - 1` have reached all readers.
  void run_by_deliveries(std::size_t window, std::size_t readers_of_a_room);
  void pump();
  /// So many events, one room after the other, however often it takes.
  void run_total(std::uint64_t events, std::size_t window);
  /// Open: at random moments. @param ramp_ns over which the rate rises
  void run_open(double rate, std::int64_t ramp_ns);
  /// Open: each line when it is due, from now on. The schedule outlives the run.
  void run_schedule(const replay_schedule& lines, double speed);
  void stop();
  /// Everyone goes, for good.
  void leave();

  /// Whether all that `run_total` or `run_schedule` were given is sent.
  bool is_all_sent() const { return left_ == 0; }
  std::size_t unanswered() const { return unanswered_; }
  std::uint64_t acked_ever() const { return acked_; }
  /// What never got an answer is open for good.
  void give_up_unanswered();
  const std::string& first_loss() const { return first_loss_; }

private:
  enum class mode : std::uint8_t { still, closed, by_deliveries, total, open, schedule };
  struct writer {
    std::unique_ptr<client> session;
    publishes_under_way under_way;
  };

  void greeted(client& one) override;
  void answered(client& one, const answer& told) override;
  void lost(client& one, const std::string& why, unsigned close_code) override;

  bool may_send(const writer& w, std::size_t publishes = 1) const;
  writer* next_free(std::size_t publishes);
  void publish(writer& w, std::size_t room, std::int64_t due_ns, const std::string* text);
  void publish_next(writer& w);
  std::size_t burst() const { return static_cast<std::size_t>(stage_.values.burst); }
  void keep_busy(writer& w);
  void take_ack(writer& w, const answer& told);
  void take_refusal(writer& w, const answer& told);
  void leave_open(writer& w, const char* why);
  void await_due();
  void send_due();
  bool send_next_due(std::int64_t now);
  void retry_soon(writer& w);

  stage& stage_;
  door& entrance_;
  std::vector<writer> all_;
  room_choice rooms_;
  mode mode_ = mode::still;
  std::size_t window_ = 1, readers_of_a_room_ = 1, turn_ = 0, next_room_ = 0, greeted_ = 0, unanswered_ = 0;
  std::uint64_t left_ = 0, acked_ = 0, published_ = 0, delivered_base_ = 0;
  std::optional<arrival> arrival_;
  const replay_schedule* schedule_ = nullptr;
  std::size_t next_line_ = 0;
  std::int64_t schedule_begin_ns_ = 0;
  double speed_ = 1;
  boost::asio::steady_timer due_timer_, retry_timer_;
  std::vector<writer*> to_retry_;
  std::string first_loss_;
};

}  // namespace parley::load
