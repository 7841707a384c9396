#include "tests/checker/judged/tape.hpp"

namespace parley::checker::judged {

tape::tape(const history& from) : base(from) {
  for (const auto& record : from.records()) {
    entry one{record.what, {}, {}};
    if (const auto* batch = one.as<batch_pushed>()) {
      const auto events = from.events(batch->events);
      one.events.assign(events.begin(), events.end());
    }
    if (const auto* room = one.as<stored>()) {
      const auto rows = from.rows(room->rows);
      one.rows.assign(rows.begin(), rows.end());
    }
    entries.push_back(std::move(one));
  }
}

history tape::play() const {
  auto played = base;
  played.forget_records();
  std::uint64_t ns = 0;
  for (auto one : entries) {
    if (auto* batch = one.as<batch_pushed>()) batch->events = played.keep(std::span<const event>{one.events});
    if (auto* room = one.as<stored>()) room->rows = played.keep(std::span<const row>{one.rows});
    played.add(++ns, one.what);
  }
  return played;
}

}  // namespace parley::checker::judged
