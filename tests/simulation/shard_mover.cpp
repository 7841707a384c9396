#include "tests/simulation/shard_mover.hpp"

namespace parley::simulation {
namespace {

constexpr milliseconds closing_time{4'000}, closing_period{1'000}, freeze_period{20};

ctl::copy_state state_of(const postgres_model& here, const postgres_model& other, shard_id shard) {
  return ctl::state_of(here.shard(shard).moved_to, here.shard(shard).term.value, other.id());
}

}  // namespace

shard_mover::shard_mover(agenda& time, postgres_model& home, postgres_model& source, target to, shard_id shard,
                         unsigned patience)
    : time_(time), home_(home), source_(source), to_(to), shard_(shard), patience_(patience) {}

void shard_mover::start() { later(nanoseconds{0}); }

void shard_mover::later(nanoseconds in) {
  time_.after(in, [self = shared_from_this()] { self->step(); });
}

ctl::move_step shard_mover::next() const {
  return ctl::next_step({state_of(source_, *to_.database, shard_), state_of(*to_.database, source_, shard_),
                         home_.places()[shard_.value] == to_.place});
}

void shard_mover::step() {
  using enum ctl::move_step;
  const auto what = next();
  is_over_ = what == done || what == conflict || patience_ == 0;
  if (is_over_) return;
  if (!is_done(what)) return later(freeze_period);
  --patience_;
  later(time_.up_to(milliseconds{300}));
}

bool shard_mover::is_done(ctl::move_step what) {
  using enum ctl::move_step;
  switch (what) {
    case begin:
      if (!to_.database->is_free_to_change(shard_)) return false;
      to_.database->clear_rooms(shard_);
      to_.database->set_moved_to(shard_, ctl::arriving_from(source_.id()));
      return true;
    case copy_live: return freeze();
    case copy_rest: return activate();
    case write_map:
      if (!home_.is_free_to_change(shard_)) return false;
      home_.place(shard_, to_.place);
      return true;
    case done:
    case conflict: break;
  }
  return false;
}

bool shard_mover::freeze() {
  if (!source_.is_free_to_change(shard_)) return false;
  if (closed_at_ == instant{} || time_.now() - closed_at_ > closing_period) {
    closed_at_ = time_.now();
    source_.close(shard_, closing_time);
  }
  return source_.freeze(shard_, to_.database->id());
}

bool shard_mover::activate() {
  if (!source_.is_up() || !to_.database->is_free_to_change(shard_)) return false;
  to_.database->copy_rooms(source_, shard_);
  to_.database->activate(shard_, source_.shard(shard_).term, source_.shard(shard_).n);
  return true;
}

}  // namespace parley::simulation
