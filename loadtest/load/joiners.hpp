#pragma once

#include "loadtest/load/arrival.hpp"
#include "loadtest/load/door.hpp"

#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace parley::load {

/// All who join, again and again, each one room at a time. Hot and storm: the first room; the next join replaces the
/// one before. Cold: room after room, of all joiners together, and the one before is left. Open loop: a join that
/// falls due while nobody is free waits, and its clock runs.
class joiners final : public client_owner {
public:
  joiners(stage& shared, door& entrance);

  void open();
  bool are_all_greeted() const;
  void run(std::int64_t ramp_ns);
  void stop();
  bool are_all_done() const;
  const std::string& first_loss() const { return first_loss_; }

private:
  enum class kind : std::uint8_t { hot, cold, storm };
  struct joiner {
    std::unique_ptr<client> session;
    bool is_joining = false;
  };

  void greeted(client& one) override;
  void live(client& one, stream& s, bool is_first) override;
  void join_refused(client& one, stream& s, const answer& why) override;
  void lost(client& one, const std::string& why, unsigned close_code) override;

  void join(joiner& j, std::int64_t due_ns);
  void go_on(joiner& j);
  void go_on_soon(joiner& j);
  void await_due();
  void await_storm();

  stage& stage_;
  door& entrance_;
  const kind kind_;
  std::vector<joiner> all_;
  std::deque<std::int64_t> due_;  ///< open loop: joins that wait for somebody free, at most `due_max`
  std::vector<joiner*> to_go_on_;
  std::size_t next_room_ = 0, turn_ = 0;
  std::optional<arrival> arrival_;
  std::int64_t next_storm_ns_ = 0;
  boost::asio::steady_timer timer_, retry_timer_;
  bool is_running_ = false;
  std::string first_loss_;
};

}  // namespace parley::load
