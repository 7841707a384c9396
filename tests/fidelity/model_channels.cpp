#include "tests/fidelity/channel_stage.hpp"
#include "tests/fidelity/told_sink.hpp"
#include "tests/simulation/redis_link.hpp"

namespace parley::fidelity {
namespace {

using namespace simulation;

class model final : public channel_stage {
public:
  explicit model(std::uint64_t seed) : time_(seed), net_(time_), server_(time_, 100) {
    server_.set_waiting_max(200);
    for (address i = 0; i < 2; ++i) {
      auto& n = nodes_[i];
      n.machine = std::make_shared<host>(time_, i);
      n.sink = std::make_shared<told_sink>();
      n.link = std::make_unique<redis_link>(time_, net_, n.machine, server_, false);
      n.link->attach(n.sink);
    }
  }
  ~model() override {
    for (auto& n : nodes_) n.machine->die();
    server_.machine_ptr()->die();
  }

  fan_out& of(std::size_t node) override { return *nodes_[node].link; }
  std::vector<std::string> told(std::size_t node) override { return nodes_[node].sink->told(); }
  bool wait(const std::function<bool()>& condition) override {
    const auto end = time_.now() + seconds{60};
    while (!condition()) {
      if (time_.now() > end || !time_.step()) return condition();
    }
    return true;
  }

  void kill_subscribers() override { server_.kill_clients(true); }
  void kill_publishers() override { server_.kill_clients(false); }
  void stop_server() override {
    server_.stop();
    for (auto& n : nodes_) n.link->cut();
  }
  void start_server() override { server_.start(); }
  void freeze_server() override { server_.machine_ptr()->pause(); }
  void thaw_server() override { server_.machine_ptr()->go_on(); }
  /// Neither does its kernel: what comes waits on the way.
  void freeze_reader() override {
    net_.close(100, 1);
    nodes_[1].machine->pause();
  }
  void thaw_reader() override {
    net_.open_all();
    nodes_[1].machine->go_on();
  }
  std::size_t subscribers() override { return server_.subscribers(); }

private:
  struct process {
    host_ptr machine;
    std::shared_ptr<told_sink> sink;
    std::unique_ptr<redis_link> link;
  };
  agenda time_;
  network net_;
  redis_model server_;
  process nodes_[2];
};

}  // namespace

std::unique_ptr<channel_stage> model_channels(std::uint64_t seed) { return std::make_unique<model>(seed); }

}  // namespace parley::fidelity
