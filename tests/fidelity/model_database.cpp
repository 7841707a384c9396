#include "tests/fidelity/database_stage.hpp"
#include "tests/simulation/postgres_link.hpp"

#include <algorithm>
#include <array>

namespace parley::fidelity {
namespace {

using namespace simulation;

postgres_link::role role_of(road which) {
  switch (which) {
    case road::writer: return postgres_link::role::writer;
    case road::control: return postgres_link::role::control;
    case road::reader: break;
  }
  return postgres_link::role::reader;
}

class model final : public database_stage {
public:
  explicit model(std::uint64_t seed) : time_(seed), net_(time_), server_(time_, 100, 8) {
    for (address i = 0; i < 2; ++i) {
      nodes_[i].machine = std::make_shared<host>(time_, i);
      nodes_[i].link = std::make_unique<postgres_link>(time_, net_, nodes_[i].machine, server_);
    }
  }
  /// What still runs finds nobody.
  ~model() override {
    for (auto& n : nodes_) n.machine->die();
    server_.machine().die();
  }

  event_log& events(std::size_t node) override { return *nodes_[node].link; }
  ownership_log& ownership(std::size_t node) override { return *nodes_[node].link; }

  bool wait(const std::function<bool()>& condition) override {
    const auto end = time_.now() + seconds{60};
    while (!condition()) {
      if (time_.now() > end || !time_.step()) return condition();
    }
    return true;
  }

  void dawdle() override {
    bool is_over = false;
    time_.after(time_.up_to(milliseconds{4}), [&is_over] { is_over = true; });
    wait([&is_over] { return is_over; });
  }
  void cut(std::size_t node) override { nodes_[node].link->cut(); }
  void lose_near(std::size_t node, road which) override {
    for (auto& c : channels(node, which)) c->lose_near();
  }
  void lose_statement(std::size_t node, road which) override {
    for (auto& c : channels(node, which)) c->lose_next(postgres_channel::loss::of_statement);
  }
  void lose_reply(std::size_t node, road which) override {
    for (auto& c : channels(node, which)) c->lose_next(postgres_channel::loss::of_reply);
  }
  void keep_next_commit(std::size_t node, road which) override {
    await_connections(node, which);
    for (auto& c : channels(node, which)) {
      keeping_.push_back({node, which, c->backend()});
      c->backend()->keep_commits(true);
    }
  }
  void let_commit(std::size_t node, road which) override {
    for (auto& k : keeping_) {
      if (k.node == node && k.which == which) k.at->keep_commits(false);
    }
    std::erase_if(keeping_, [&](const auto& k) { return k.node == node && k.which == which; });
  }

  void terminate(std::size_t node, road which) override {
    for (auto& c : channels(node, which)) {
      server_.terminate(c->backend());
      c->cut();
    }
  }
  void freeze(std::size_t node, road which) override {
    await_connections(node, which);
    for (auto& c : channels(node, which)) {
      frozen_.push_back(c->backend());
      c->backend()->stop();
    }
  }
  void thaw() override {
    for (auto& at : frozen_) at->go_on();
  }
  void await_thawed() override {
    wait([this] { return std::ranges::none_of(frozen_, [](const auto& at) { return at->is_busy(); }); });
    frozen_.clear();
  }
  void freeze_server() override { server_.machine().pause(); }
  void thaw_server() override { server_.machine().go_on(); }
  void crash() override {
    server_.crash();
    for (auto& n : nodes_) n.link->cut();
  }
  void restart() override { server_.start(); }

  void set_read_only(bool on) override { server_.set_read_only(on); }
  void lock(shard_id shard) override { server_.lock(shard, true); }
  void unlock(shard_id shard) override { server_.lock(shard, false); }
  void hold(const room_ref& room, seq) override { server_.hold(room->key, true); }
  void let_go(const room_ref& room) override { server_.hold(room->key, false); }
  void step_clock(milliseconds by) override { server_.machine().jump(by); }

  bool is_locked(shard_id shard) override { return server_.shard(shard).is_locked; }
  bool somebody_waits() override { return server_.somebody_waits(); }

private:
  struct process {
    host_ptr machine;
    std::unique_ptr<postgres_link> link;
  };
  struct kept {
    std::size_t node;
    road which;
    backend_ptr at;
  };

  std::vector<std::shared_ptr<postgres_channel>> channels(std::size_t node, road which) {
    return nodes_[node].link->channels(role_of(which));
  }
  void await_connections(std::size_t node, road which) {
    wait([&] { return std::ranges::all_of(channels(node, which), [](const auto& c) { return c->is_ready(); }); });
  }

  agenda time_;
  network net_;
  postgres_model server_;
  std::array<process, 2> nodes_;
  std::vector<kept> keeping_;
  std::vector<backend_ptr> frozen_;
};

}  // namespace

std::unique_ptr<database_stage> model_database(std::uint64_t seed) { return std::make_unique<model>(seed); }

}  // namespace parley::fidelity
