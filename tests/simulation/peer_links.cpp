#include "tests/simulation/peer_links.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <utility>
#include <variant>
#include <vector>

namespace parley::simulation {
namespace {

// The defaults of peer_options; a handshake has several steps, each with a patience of its own.
constexpr milliseconds silence{2000}, handshake_min{2000}, handshake_max{4000};
constexpr milliseconds look_min{400}, look_max{500};
constexpr std::size_t waiting_items_max = 32'768, frame_items_max = 4096;
constexpr std::size_t unread_frames_max = 8;  // what the kernels keep for a process that reads nothing

std::uint64_t publishes(const std::vector<peer::item>& items) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(items, [](const auto& i) { return std::holds_alternative<peer::publish>(i); }));
}

}  // namespace

struct peer_links::core {
  agenda& time;
  network& net;
  host_ptr node;
  node_identity who;
  directory& all;
  peer_door* door = nullptr;
  bool is_dead = false;
  std::vector<std::shared_ptr<link>> links{};      ///< until they are over
  std::vector<std::weak_ptr<wire>> connections{};  ///< that others made

  peer_tally& tally() { return all.tally_; }
  const directory::entry* find(const std::string& where) const {
    const auto found = all.entries_.find(where);
    return found == all.entries_.end() ? nullptr : &found->second;
  }
};

/// One end of a link. A break loses what was written last: up to which frame the other end still gets them is drawn.
class peer_links::link final : public peer_link, public std::enable_shared_from_this<link> {
public:
  /// Ours.
  link(std::shared_ptr<core> owner, peer_place where, std::shared_ptr<peer_link_sink> sink)
      : core_(std::move(owner)), is_dialled_(true), place_(std::move(where)), sink_(std::move(sink)) {
    draw_bounds();
  }
  /// Another node's, that has said who it is.
  link(std::shared_ptr<core> owner, wire_ptr over, std::weak_ptr<link> other)
      : core_(std::move(owner)), is_dialled_(false), wire_(std::move(over)), other_(std::move(other)) {
    draw_bounds();
  }

  bool send(peer::item item) override {
    if (step_ != step::open || waiting_.size() >= waiting_max_) return false;
    if (std::holds_alternative<peer::publish>(item)) ++core_->tally().forwarded;
    waiting_.push_back(std::move(item));
    if (!is_writing_) write_soon();
    return true;
  }

  void close() override {
    if (step_ == step::over) return;
    give_up();
    hang_up();
  }

  void start();
  void cut() {
    if (wire_) wire_->cut();
  }
  /// The process ends: nothing that its kernel has not taken over leaves it.
  void die() {
    give_up();
    lose_tail();
    hang_up();
  }

private:
  friend class knock;
  enum class step : std::uint8_t { opening, open, over };
  /// How far one end's frames came; outlives that end.
  struct course {
    std::uint64_t written = 0, read = 0;
    std::uint64_t kept = UINT64_MAX;  ///< frames after this one are lost
  };

  void draw_bounds() {
    auto& time = core_->time;
    if (core_->all.has_short_queues_ && time.chance(50)) waiting_max_ = 1 + time.below(8);
    if (time.chance(50)) frame_max_ = 1 + time.below(4);
  }
  /// On this end's machine, unless the link is over by then.
  void after(nanoseconds delay, void (link::*what)()) { core_->node->after(delay, while_alive(what)); }
  task while_alive(void (link::*what)()) {
    return [weak = weak_from_this(), what] {
      if (const auto me = weak.lock(); me && me->step_ != step::over) (*me.*what)();
    };
  }

  void dial();
  void nobody_there() { refused("cannot be connected to"); }
  void waited() {
    if (step_ == step::opening) refused("the handshake took too long");
  }
  void refused(const char* why) {
    if (step_ != step::opening) return;
    ++core_->tally().refused;
    end(why);
  }
  void open();
  void lost() { end("the connection was lost"); }

  void write_soon();
  void write();
  void arrived(std::vector<peer::item> items);
  void other_read();
  void look_for_life();

  void give_up();
  void lose_tail() { course_->kept = course_->read + core_->time.below(course_->written - course_->read + 1); }
  void hang_up() {
    if (wire_) is_dialled_ ? wire_->close_near() : wire_->close_far();
  }
  void end(const char* why);

  const std::shared_ptr<core> core_;
  const bool is_dialled_;
  const peer_place place_;  ///< whom we dial
  std::shared_ptr<peer_link_sink> sink_;
  step step_ = step::opening;
  wire_ptr wire_;
  std::weak_ptr<link> other_;
  std::deque<peer::item> waiting_;
  std::size_t waiting_max_ = waiting_items_max, frame_max_ = frame_items_max;
  bool is_writing_ = false;
  std::shared_ptr<course> course_ = std::make_shared<course>();
  instant heard_at_{}, looked_at_{};
};

/// A dialler's hello, and what the machine that it comes to makes of it.
class peer_links::knock {
public:
  knock(std::weak_ptr<link> from, node_identity speaker, node_identity wanted, std::weak_ptr<wire> over)
      : from_(std::move(from)), speaker_(std::move(speaker)), wanted_(std::move(wanted)), over_(std::move(over)) {}

  void arrive(const std::shared_ptr<core>& at) const {
    const auto over = over_.lock();
    if (!over || !over->is_open() || at->is_dead) return;  // a sleeper hears it late
    if (wanted_ != at->who) return refuse(*over, "another process than the one that was looked for");
    if (at->door == nullptr) return refuse(*over, "this node does not take the link");
    const auto made = std::make_shared<link>(at, over, from_);
    at->links.push_back(made);
    over->on_lost_far(made->while_alive(&link::lost));
    made->open();
    auto sink = at->door->accepted(speaker_, made);
    if (!sink) {
      refuse(*over, "this node does not take the link");
      return made->close();
    }
    if (made->step_ == link::step::over) return;
    made->sink_ = std::move(sink);
    over->to_near([from = from_, other = std::weak_ptr(made)] {
      const auto dialler = from.lock();
      if (!dialler || dialler->step_ != link::step::opening) return;
      dialler->other_ = other;
      dialler->open();
    });
  }

private:
  void refuse(wire& over, const char* why) const {
    over.to_near([from = from_, why] {
      if (const auto dialler = from.lock()) dialler->refused(why);
    });
    over.close_far();
  }

  std::weak_ptr<link> from_;
  node_identity speaker_, wanted_;
  std::weak_ptr<wire> over_;
};

// ---- a link's life ---------------------------------------------------------------------------------------------

void peer_links::link::start() {
  auto& time = core_->time;
  const milliseconds at_most{time.chance(5) ? 400 : 4};  // a busy machine's TLS
  after(time.up_to(at_most), &link::dial);
}

void peer_links::link::dial() {
  auto& net = core_->net;
  const auto& node = core_->node;
  after(core_->time.between(handshake_min, handshake_max), &link::waited);
  const auto* known = core_->find(place_.address);
  if (known == nullptr) return after(net.delay(), &link::nobody_there);
  const auto process = known->process.lock();
  if (!process || process->is_dead) {
    // The machine says so, if it is in reach.
    const bool is_in_reach = net.is_open(node->where(), known->machine) && net.is_open(known->machine, node->where());
    if (is_in_reach) after(net.delay(), &link::nobody_there);
    return;
  }
  wire_ = std::make_shared<wire>(core_->time, net, node, process->node);
  wire_->on_lost_near(while_alive(&link::lost));
  std::erase_if(process->connections, [](const auto& c) { return c.expired(); });
  process->connections.push_back(wire_);
  wire_->to_far([hello = knock(weak_from_this(), core_->who, place_.node, wire_), there = std::weak_ptr(process)] {
    if (const auto at = there.lock()) hello.arrive(at);
  });
}

void peer_links::link::open() {
  step_ = step::open;
  heard_at_ = looked_at_ = core_->node->boot_now();
  after(core_->time.between(look_min, look_max), &link::look_for_life);
  if (!is_dialled_) return;
  ++core_->tally().opened;
  const auto sink = sink_;
  sink->opened();
}

/// Signs of life come by themselves while the other process runs and its way is open: here they are looked up.
void peer_links::link::look_for_life() {
  const auto now = core_->node->boot_now();
  const bool has_slept = now - std::exchange(looked_at_, now) >= silence;
  const auto other = other_.lock();
  if (other && other->step_ != step::over && other->core_->node->is_running() &&
      core_->net.is_open(other->core_->node->where(), core_->node->where()) &&
      !(has_slept && core_->time.chance(50)))  // what came in its sleep is read first, or the clock
    heard_at_ = now;
  if (now - heard_at_ >= silence) {
    ++core_->tally().silent;
    lose_tail();
    return end("no sign of life");
  }
  after(core_->time.between(look_min, look_max), &link::look_for_life);
}

void peer_links::link::give_up() {
  step_ = step::over;
  sink_ = nullptr;
  waiting_.clear();
  std::erase(core_->links, shared_from_this());
}

void peer_links::link::end(const char* why) {
  const auto me = shared_from_this();
  const auto sink = sink_;
  give_up();
  hang_up();
  if (sink) sink->closed(why);
}

// ---- items -----------------------------------------------------------------------------------------------------

void peer_links::link::write_soon() {
  auto& time = core_->time;
  is_writing_ = true;
  after(time.up_to(nanoseconds{time.chance(5) ? 20'000'000 : 200'000}), &link::write);
}

/// What has gathered leaves as one frame, or several where it is too much for one.
void peer_links::link::write() {
  is_writing_ = false;
  if (waiting_.empty() || course_->written - course_->read >= unread_frames_max) return;
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), frame_max_));
  std::vector<peer::item> items(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  auto deliver = [from = weak_from_this(), to = other_, way = course_, number = ++course_->written,
                  items = std::move(items)]() mutable {
    if (number > way->kept) return;
    way->read = number;
    if (const auto reader = to.lock()) reader->arrived(std::move(items));
    if (const auto writer = from.lock()) writer->other_read();
  };
  is_dialled_ ? wire_->to_far(std::move(deliver)) : wire_->to_near(std::move(deliver));
  if (!waiting_.empty()) write_soon();
}

void peer_links::link::arrived(std::vector<peer::item> items) {
  if (step_ != step::open) return;
  core_->tally().arrived += publishes(items);
  const auto sink = sink_;
  sink->received(std::move(items));
}

void peer_links::link::other_read() {
  if (step_ == step::open && !is_writing_ && !waiting_.empty()) write_soon();
}

// ---- a node's links --------------------------------------------------------------------------------------------

peer_links::peer_links(agenda& time, network& net, host_ptr node, node_identity who, const std::string& where,
                       directory& all)
    : core_(std::make_shared<core>(core{time, net, std::move(node), std::move(who), all})) {
  all.entries_[where] = {core_->node->where(), core_};
}

peer_links::~peer_links() { die(); }

void peer_links::serve(peer_door* door) {
  if (!core_->is_dead) core_->door = door;
}

std::shared_ptr<peer_link> peer_links::dial(peer_place where, std::shared_ptr<peer_link_sink> sink) {
  const auto made = std::make_shared<link>(core_, std::move(where), std::move(sink));
  if (core_->is_dead) {
    made->die();
    return made;
  }
  core_->links.push_back(made);
  made->start();
  return made;
}

void peer_links::cut() {
  for (const auto& one : core_->links) one->cut();
}

void peer_links::die() {
  core_->is_dead = true;
  core_->door = nullptr;
  for (const auto& one : std::vector(core_->links)) one->die();
  for (const auto& connection : std::exchange(core_->connections, {})) {
    if (const auto open = connection.lock()) open->close_far();  // those whose hello has not been heard yet
  }
}

}  // namespace parley::simulation
