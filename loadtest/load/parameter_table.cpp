#include "loadtest/load/parameters.hpp"

#include <algorithm>

namespace parley::load {

const std::vector<parameter>& parameter_table() {
  using p = parameters;
  constexpr std::string_view run = "Run", rooms = "Rooms", readers = "Readers", writers = "Writers",
                             joiners = "Joiners", judged = "Judged";
  constexpr double many = 1e6, day_s = 86400;
  static const std::vector<parameter> table = {
      {"targets", run, "ws://HOST:PORT of each node; connections take them in turn", &p::targets},
      {"reader_targets", run,
       "ws://HOST:PORT of the nodes that readers connect to, and nobody else; none: as `targets` says",
       &p::reader_targets},
      {"sources", run, "addresses that connections come from, in turn; none: the system's choice", &p::sources},
      {"encoding", run, "of all connections; both: every second one", &p::encoding, 0, 0, {"json", "proto", "both"}},
      {"prefix", run, "rooms are PREFIX-0, PREFIX-1, ...: nobody else may write there; empty: a new one each run",
       &p::prefix},
      {"seed", run, "of all chance", &p::seed, 0, 1e15},
      {"connections_at_once", run, "connections that may be under way to their first answer", &p::connections_at_once,
       1, 10000},
      {"ramp_up_s", run, "seconds: connections open evenly over this time, and rates rise over it once all are there",
       &p::ramp_up_s, 0, day_s},
      {"warm_up_s", run, "seconds of the full load before what is measured", &p::warm_up_s, 0, day_s},
      {"duration_s", run, "seconds that are measured; of a replay, 0: until its end", &p::duration_s, 0, 100 * day_s},
      {"settle_s", run, "seconds that the last answers and deliveries may take after that", &p::settle_s, 1, 3600},
      {"interval_s", run, "seconds between two points of the series; longer where there would be more than 3600",
       &p::interval_s, 0.1, 3600},
      {"rooms", rooms, "rooms in all", &p::rooms, 1, many},
      {"history", rooms, "events that each room is given before the run", &p::history, 0, many},
      {"distribution",
       rooms,
       "which room a publish goes to: each in turn, or few busy ones",
       &p::distribution,
       0,
       0,
       {"uniform", "zipf"}},
      {"zipf_exponent", rooms, "room n gets a share of 1 / (n + 1)^this", &p::zipf_exponent, 0.01, 10},
      {"readers", readers, "connections that read", &p::readers, 0, many},
      {"rooms_each", readers, "rooms that one reader joins", &p::rooms_each, 1, 1000},
      {"rewind", readers, "events of history in each join, of readers and joiners", &p::rewind, 0, 1000},
      {"stalled", readers, "readers, of all, that stop reading as the load begins; they count in no latency",
       &p::stalled, 0, many},
      {"stall_s", readers, "seconds that they stand still, then read for, and so on; 0: they stand still to the end",
       &p::stall_s, 0, day_s},
      {"drop_every_s", readers, "seconds between two drops of readers, who come back and resume; 0: none",
       &p::drop_every_s, 0, day_s},
      {"drop_share", readers, "of the readers, 0 to 1, that one drop takes", &p::drop_share, 0.0001, 1},
      {"writers", writers, "connections that publish", &p::writers, 0, 100000},
      {"publish_rate", writers,
       "publishes/s of all writers, due at random moments (open loop); 0: closed, as `window` allows", &p::publish_rate,
       0, 1e7},
      {"window", writers, "closed loop: publishes under way, of each writer (acks) or of the run (deliveries)",
       &p::window, 1, 1024},
      {"window_of",
       writers,
       "what ends a publish in a closed loop: its ack, or its last delivery",
       &p::window_of,
       0,
       0,
       {"acks", "deliveries"}},
      {"burst", writers, "publishes that go at once, by one writer, to one room; as many each time", &p::burst, 1,
       1024},
      {"text_bytes", writers, "of each message", &p::text_bytes, 1, 60000},
      {"unanswered_max", writers,
       "publishes of one writer that wait for an answer; what falls due beyond is not sent, and counted",
       &p::unanswered_max, 1, 1024},
      {"overload", writers, "times the peak, which a closed loop finds first, that is then offered; 0: no overload",
       &p::overload, 0, 100},
      {"peak_s", writers, "seconds in which the peak is looked for", &p::peak_s, 0.5, 3600},
      {"replay", writers, "IRC log, or folder of *.log: each is a room, each nick a writer, its clock the schedule",
       &p::replay},
      {"replay_speed", writers, "times as fast as the logs' clocks", &p::replay_speed, 0.01, 1e6},
      {"joiners", joiners, "connections that join, again and again", &p::joiners, 0, 100000},
      {"join_kind",
       joiners,
       "hot: all the first room; cold: each time the next room; storm: all at once the first room",
       &p::join_kind,
       0,
       0,
       {"hot", "cold", "storm"}},
      {"join_rate", joiners, "joins/s of all joiners (open loop); 0: each joins again once it is live", &p::join_rate,
       0, 1e6},
      {"storm_every_s", joiners, "seconds between two storms", &p::storm_every_s, 0.1, day_s},
      {"drift_max_percent", judged,
       "that rates may fall, and latencies and watched memory rise, from the first quarter to the last; 0: told only",
       &p::drift_max_percent, 0, 1000},
      {"expect_resets", judged, "the run makes failovers that lose a tail: a `reset` gap breaks no rule",
       &p::expect_resets},
  };
  return table;
}

const parameter* find_parameter(std::string_view key) {
  const auto found = std::ranges::find(parameter_table(), key, &parameter::key);
  return found == parameter_table().end() ? nullptr : &*found;
}

}  // namespace parley::load
