// The live path: who is told what, in which order, and what a broken link says of itself.
#include "tests/fidelity/channel_stage.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <stdexcept>

namespace parley::fidelity {
namespace {

using words = std::vector<std::string>;

room_ref room_number(std::uint8_t n) {
  room_identity made{"main", "r" + std::to_string(n), {}, shard_id{n}};
  made.key.bytes[0] = n;
  return std::make_shared<room_identity>(std::move(made));
}
const auto one = room_number(1), two = room_number(2);

class channel_play {
public:
  explicit channel_play(channel_stage& where) : stage(where) {
    await_count(0, "restored", 1);
    await_count(1, "restored", 1);
  }
  channel_stage& stage;

  void wait(const std::function<bool()>& condition) {
    if (stage.wait(condition)) return;
    std::string so_far;
    for (const auto& w : stage.told(1)) so_far += " " + w;
    throw std::runtime_error("what a scenario waits for never came; the reader was told:" + so_far);
  }
  std::size_t count(std::size_t node, const std::string& word) {
    const auto told = stage.told(node);
    return static_cast<std::size_t>(std::count(told.begin(), told.end(), word));
  }
  void await_count(std::size_t node, const std::string& word, std::size_t times) {
    wait([&] { return count(node, word) >= times; });
  }
  void publish(const room_ref& room, std::uint64_t s, std::size_t text_bytes = 1) {
    event e;
    e.seq = seq{s};
    e.term = term{5};
    e.sender = "ana";
    e.body.text = std::string(text_bytes, 'x');
    stage.of(0).publish(room, {room->key, {term{5}, seq{s - 1}}, {std::make_shared<event>(std::move(e))}});
  }
  void subscribe(const room_ref& room) {
    stage.of(1).subscribe(room);
    await_count(1, "subscribed room" + std::to_string(room->key.bytes[0]), 1);
  }
  /// Publishes this seq until it arrives: both links stand again.
  void gets_through(const room_ref& room, std::uint64_t s) {
    const auto word =
        "room" + std::to_string(room->key.bytes[0]) + "/" + std::to_string(s - 1) + ":" + std::to_string(s);
    std::size_t turn = 0;
    wait([&] {
      if (turn++ % 16 == 0) publish(room, s);
      return count(1, word) > 0;
    });
  }
};

using script = std::function<words(channel_play&)>;

words played_on(std::unique_ptr<channel_stage> stage, const script& what) {
  channel_play play(*stage);
  return what(play);
}

void must_agree(const script& what, std::uint64_t seeds = 20) {
  const auto real = played_on(real_channels(), what);
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    REQUIRE(played_on(model_channels(seed), what) == real);
  }
}

/// What was told, with each run of the same word shown once: how often a message was sent again is chance.
words told_once(channel_play& p, std::size_t node) {
  auto told = p.stage.told(node);
  told.erase(std::unique(told.begin(), told.end()), told.end());
  return told;
}

}  // namespace

TEST_CASE("model and Redis agree on who hears what, in order", "[fidelity][redis][G6]") {
  must_agree([](channel_play& p) {
    p.subscribe(two);
    p.publish(one, 1);  // nobody listens
    p.publish(two, 1);
    p.await_count(1, "room2/0:1", 1);  // so the server has had the first as well
    p.stage.of(1).unsubscribe(two);
    p.subscribe(one);
    for (std::uint64_t s = 2; s < 40; ++s) {
      p.publish(one, s);
      p.publish(two, s);
    }
    p.stage.of(0).publish(beacon{shard_id{1}, term{5}, 1, {}, {}, {}});
    p.await_count(1, "room1/38:39", 1);
    p.stage.of(1).subscribe(shard_id{1});
    p.await_count(1, "subscribed shard 1", 1);
    p.stage.of(1).subscribe(one);  // again: told again
    p.await_count(1, "subscribed room1", 2);
    p.stage.of(0).publish(beacon{shard_id{1}, term{5}, 2, {}, {}, {}});
    p.await_count(1, "beacon 1/2", 1);
    p.stage.of(1).unsubscribe(one);
    p.stage.of(1).subscribe(two);
    p.await_count(1, "subscribed room2", 2);
    p.publish(one, 40);
    p.publish(two, 40);
    p.await_count(1, "room2/39:40", 1);
    return p.stage.told(1);
  });
}

TEST_CASE("model and Redis agree on wishes that change before they are confirmed", "[fidelity][redis][G6]") {
  must_agree([](channel_play& p) {
    for (int i = 0; i < 5; ++i) {
      p.stage.of(1).subscribe(one);
      p.stage.of(1).unsubscribe(one);
    }
    p.stage.of(1).subscribe(two);
    p.stage.of(1).subscribe(one);
    p.await_count(1, "subscribed room2", 1);
    p.await_count(1, "subscribed room1", 1);
    p.publish(two, 1);
    p.publish(one, 1);
    p.await_count(1, "room1/0:1", 1);
    auto told = p.stage.told(1);
    std::sort(told.begin(), told.end());  // which of two channels is confirmed first is the server's to say
    // So is how often: a wish that stands long enough before it changes is confirmed too.
    const auto is_repeat = [](const auto& l, const auto& r) { return l == r && l.starts_with("subscribed"); };
    told.erase(std::unique(told.begin(), told.end(), is_repeat), told.end());
    return told;
  });
}

TEST_CASE("model and Redis agree on killed subscribers", "[fidelity][redis][G6]") {
  must_agree([](channel_play& p) {
    p.subscribe(one);
    p.publish(one, 1);
    p.await_count(1, "room1/0:1", 1);
    p.stage.kill_subscribers();
    p.await_count(1, "lost", 1);
    p.await_count(0, "lost", 1);
    p.await_count(1, "subscribed room1", 2);
    p.gets_through(one, 2);
    return told_once(p, 1);
  });
}

TEST_CASE("model and Redis agree on killed publishers", "[fidelity][redis][G6]") {
  must_agree([](channel_play& p) {
    p.subscribe(one);
    p.publish(one, 1);
    p.await_count(1, "room1/0:1", 1);
    p.stage.kill_publishers();
    p.await_count(0, "lost", 1);
    p.await_count(1, "subscribed room1", 2);
    p.gets_through(one, 2);
    auto all = told_once(p, 1);
    const auto publisher = told_once(p, 0);
    all.insert(all.end(), publisher.begin(), publisher.end());
    return all;
  });
}

TEST_CASE("model and Redis agree on a server that is killed and started again", "[fidelity][redis][G6]") {
  must_agree([](channel_play& p) {
    p.subscribe(one);
    p.stage.of(1).subscribe(shard_id{1});
    p.await_count(1, "subscribed shard 1", 1);
    p.stage.stop_server();
    p.await_count(1, "lost", 1);
    p.await_count(0, "lost", 1);
    for (std::uint64_t s = 1; s < 5; ++s) p.publish(one, s);  // dropped, never shown
    p.stage.start_server();
    p.await_count(1, "subscribed room1", 2);
    p.await_count(1, "subscribed shard 1", 2);
    p.gets_through(one, 5);
    auto told = told_once(p, 1);
    std::sort(told.begin(), told.end());
    return told;
  });
}

TEST_CASE("model and Redis agree on a server that stands still", "[fidelity][redis][G6][C10]") {
  must_agree([](channel_play& p) {
    p.subscribe(one);
    p.gets_through(one, 1);
    p.stage.freeze_server();
    p.publish(one, 2);  // into its socket: nobody who subscribes afterwards hears it
    p.await_count(1, "lost", 1);
    p.await_count(0, "lost", 1);
    p.publish(one, 3);
    p.stage.thaw_server();
    p.await_count(1, "subscribed room1", 2);
    p.gets_through(one, 4);
    return told_once(p, 1);
  });
}

}  // namespace parley::fidelity
