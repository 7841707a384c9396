#include "loadtest/load/presets.hpp"

#include <algorithm>

namespace parley::load {

const std::vector<preset>& presets() {
  static const std::vector<preset> all = {
      {"fanout", "one writer, many readers of one room, or of some: deliveries",
       [](parameters& p) { p.readers = 100, p.writers = 1, p.publish_rate = 20; }},
      {"rooms", "many rooms, written by a Zipf distribution or in turn, with some readers: acks and deliveries",
       [](parameters& p) {
         p.rooms = 100, p.readers = 100, p.writers = 16, p.publish_rate = 200, p.distribution = "zipf";
       }},
      {"joins", "joins with history, hot, cold or all at once",
       [](parameters& p) { p.joiners = 8, p.history = 200, p.rewind = 50; }},
      {"resume", "all readers drop and come back while others write",
       [](parameters& p) {
         p.rooms = 10, p.readers = 200, p.writers = 4, p.publish_rate = 100, p.drop_every_s = 5;
         p.connections_at_once = 1000;
       }},
      {"idle", "connections that joined a room and say nothing: memory and CPU, with --watch",
       [](parameters& p) { p.rooms = 100, p.readers = 1000; }},
      {"slow", "some readers of a busy room stop reading; the others must not feel it",
       [](parameters& p) { p.readers = 100, p.stalled = 20, p.stall_s = 5, p.writers = 1, p.publish_rate = 200; }},
      {"overload", "finds the peak, then offers twice as much: goodput and refusals",
       [](parameters& p) { p.rooms = 100, p.writers = 32, p.window = 16, p.overload = 2, p.warm_up_s = 0; }},
      {"replay", "logs of real chat, by their own clock, faster",
       [](parameters& p) { p.replay = "tests/data/irc", p.duration_s = 0, p.warm_up_s = 0, p.readers = 12; }},
      {"soak", "a mixed load for hours: what drifts",
       [](parameters& p) {
         p.rooms = 50, p.distribution = "zipf", p.readers = 200, p.writers = 8, p.publish_rate = 100;
         p.joiners = 2, p.join_rate = 2, p.rewind = 50, p.drop_every_s = 60, p.drop_share = 0.1;
         p.duration_s = 4 * 3600, p.warm_up_s = 10;
       }},
  };
  return all;
}

const preset* find_preset(std::string_view name) {
  const auto found = std::ranges::find(presets(), name, &preset::name);
  return found == presets().end() ? nullptr : &*found;
}

}  // namespace parley::load
