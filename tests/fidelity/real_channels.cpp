#include "actors/ports/log.hpp"
#include "storage/redis/redis_fan_out.hpp"
#include "tests/fidelity/channel_stage.hpp"
#include "tests/fidelity/told_sink.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/private_redis.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <condition_variable>
#include <thread>

namespace parley::fidelity {
namespace {

class no_log final : public log {
public:
  bool is_on(log_level) const override { return false; }
  void write(log_level, std::string_view, std::initializer_list<log_field>) override {}
};

class node {
public:
  explicit node(const std::string& url) {
    redis_options options;
    options.url = url;
    options.cluster_id = "c1";
    options.retry_delay_max = milliseconds{200};
    adapter_ = std::make_unique<redis_fan_out>(io_, options, log_, probe_);
    sink_->before_each = [this] {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !is_frozen_; });
    };
    adapter_->attach(sink_);
    adapter_->start();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~node() {
    freeze(false);
    adapter_->stop();
    work_.reset();
    thread_.join();
  }
  fan_out& adapter() { return *adapter_; }
  const told_sink& sink() const { return *sink_; }
  void freeze(bool on) {
    {
      std::lock_guard lock(mutex_);
      is_frozen_ = on;
    }
    changed_.notify_all();
  }

private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  no_log log_;
  redis_probe probe_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_frozen_ = false;
  std::shared_ptr<told_sink> sink_ = std::make_shared<told_sink>();
  std::unique_ptr<redis_fan_out> adapter_;
  std::thread thread_;
};

class real final : public channel_stage {
public:
  real() {
    for (auto& n : nodes_) n = std::make_unique<node>(server_.url());
  }

  fan_out& of(std::size_t n) override { return nodes_[n]->adapter(); }
  std::vector<std::string> told(std::size_t n) override { return nodes_[n]->sink().told(); }
  bool wait(const std::function<bool()>& condition) override { return testing::eventually(condition); }

  void kill_subscribers() override { server_.command({"CLIENT", "KILL", "TYPE", "pubsub"}); }
  void kill_publishers() override { server_.command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}); }
  void stop_server() override { server_.kill(); }
  void start_server() override { server_.restart(); }
  void freeze_server() override { server_.pause(); }
  void thaw_server() override { server_.resume(); }
  void freeze_reader() override { nodes_[1]->freeze(true); }
  void thaw_reader() override { nodes_[1]->freeze(false); }
  std::size_t subscribers() override {
    const auto list = server_.command({"CLIENT", "LIST", "TYPE", "pubsub"});
    return static_cast<std::size_t>(std::count(list.begin(), list.end(), '\n'));
  }

private:
  testing::private_redis server_{"--client-output-buffer-limit", "pubsub 256kb 0 0"};
  std::unique_ptr<node> nodes_[2];
};

}  // namespace

std::unique_ptr<channel_stage> real_channels() { return std::make_unique<real>(); }

}  // namespace parley::fidelity
