#pragma once

#include "tests/simulation/peer_links.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace parley::simulation {

using numbers = std::vector<std::uint64_t>;

inline peer::item question(std::uint64_t n) { return peer::head_question{n, shard_id{0}, "main", "r"}; }
inline peer::item forwarded(std::uint64_t n) {
  peer::publish made;
  made.request = n;
  return made;
}

inline numbers first(std::uint64_t count) {
  numbers made(count);
  std::iota(made.begin(), made.end(), 1);
  return made;
}

/// Writes down what a link says.
struct ear final : peer_link_sink {
  void opened() override { ++openings; }
  void received(std::vector<peer::item> items) override {
    batch_max = std::max(batch_max, items.size());
    for (const auto& i : items) std::visit([this](const auto& one) { take(one); }, i);
  }
  void closed(std::string why) override { ends.push_back(std::move(why)); }

  template <class Item>
  void take(const Item& one) {
    if constexpr (requires { one.request; }) got.push_back(one.request);
  }

  int openings = 0;
  std::vector<std::string> ends;
  numbers got;
  std::size_t batch_max = 0;
};

struct porch final : peer_door {
  std::shared_ptr<peer_link_sink> accepted(node_identity who, std::shared_ptr<peer_link> link) override {
    if (!is_open) return nullptr;
    from = std::move(who);
    last = std::move(link);
    return heard;
  }
  bool is_open = true;
  node_identity from;
  std::shared_ptr<peer_link> last;
  std::shared_ptr<ear> heard = std::make_shared<ear>();
};

struct process {
  process(agenda& time, network& net, peer_links::directory& all, address where, const std::string& incarnation)
      : machine(std::make_shared<host>(time, where)),
        who{"n" + std::to_string(where), incarnation},
        place{who, who.name + ":7000"},
        links(time, net, machine, who, place.address, all) {
    links.serve(&door);
  }
  void kill() {
    links.die();
    machine->die();
  }

  host_ptr machine;
  node_identity who;
  peer_place place;
  porch door;
  peer_links links;
};

struct stage {
  explicit stage(std::uint64_t seed) : time(seed) {}

  void run(nanoseconds how_long) {
    const auto end = time.now() + how_long;
    bool is_over = false;
    time.after(how_long, [&is_over] { is_over = true; });
    while (!is_over && time.now() <= end) time.step();
  }
  /// @returns how long it took
  milliseconds run_until(const std::function<bool()>& is_there) {
    const auto start = time.now();
    while (!is_there() && time.now() < start + seconds{10}) run(milliseconds{10});
    CHECK(is_there());
    return std::chrono::duration_cast<milliseconds>(time.now() - start);
  }
  /// A dials b, and the link opens.
  void link() {
    call = a.links.dial(b.place, heard);
    run_until([&] { return heard->openings == 1; });
  }
  bool is_over() const { return !heard->ends.empty(); }
  bool is_over_there() const { return !b.door.heard->ends.empty(); }
  void cut(bool both_ways) {
    net.close(a.machine->where(), b.machine->where());
    if (both_ways) net.close(b.machine->where(), a.machine->where());
  }
  /// Sends until the queue is full, at most `most`. @returns how many went
  std::uint64_t send(std::uint64_t most) {
    for (std::uint64_t n = 1; n <= most; ++n)
      if (!call->send(forwarded(n))) return n - 1;
    return most;
  }

  agenda time;
  network net{time};
  peer_links::directory all{true};
  process a{time, net, all, 1, "i1"}, b{time, net, all, 2, "i2"};
  std::shared_ptr<ear> heard = std::make_shared<ear>();
  std::shared_ptr<peer_link> call;
};

constexpr std::uint64_t seeds = 100;

/// Under many seeds; each makes another network of it.
template <class What>
void play(What what) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    stage s(seed);
    what(s);
  }
}

}  // namespace parley::simulation
