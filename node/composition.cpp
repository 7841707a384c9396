#include "node/composition.hpp"

#include "node/incarnation.hpp"
#include "node/listen_address.hpp"
#include "node/refusal_to_start.hpp"

#include <algorithm>
#include <future>
#include <thread>
#include <utility>

namespace parley {
namespace {

std::size_t per_core(std::uint32_t asked, std::size_t at_least) {
  return asked != 0 ? asked : std::max<std::size_t>(at_least, std::thread::hardware_concurrency());
}

chat_options chat_options_of(const configuration& all, const node_identity& self,
                             const std::vector<shard_route>& routes, const node_links* links) {
  chat_options o;
  o.node = self;
  if (links != nullptr) o.peer_address = links->address();
  o.shards = static_cast<std::uint32_t>(routes.size());
  o.routes = shard_routes(routes);
  o.workers = per_core(all.node.actor_threads, 2);  // two, so that one busy actor does not stop the node
  o.rooms_per_connection = all.limits.rooms_per_connection;
  o.head_period = all.node.head_period;
  return o;
}

net::front_options front_options_of(const configuration& all) {
  const auto where = parse_listen_address(all.node.listen).value();
  net::front_options o;
  o.address = where.address().to_string();
  o.port = where.port();
  o.threads = per_core(all.node.io_threads, 1);
  o.node = all.node.node_name;
  o.bounds = all.limits;
  o.bounds.dedup_window_s = static_cast<std::uint32_t>(all.node.dedup_window.count());
  o.connections_per_user_max = all.node.connections_per_user;
  o.connections_per_address_max = all.node.connections_per_address;
  o.origins = all.node.origins;
  o.allows_loopback_origins = all.node.dev;
  return o;
}

}  // namespace

composition::composition(const configuration& options, log& out, metrics& counted, const std::string& version)
    : options_(options),
      log_(out),
      self_{options.node.node_name, random_incarnation()},
      stores_(open_stores(options, out, counted)),
      faults_(open_faults(options.node, self_, *stores_, out, counted)),
      links_(open_links(options, self_, stores_->cluster_id(), out, counted.peers())),
      chat_(chat_options_of(options, self_, stores_->routes(), links_.get()),
            faults_ ? faults_->databases() : stores_->databases(),
            faults_ ? faults_->endpoints() : stores_->endpoints(), out, counted.chat(), this_machine(),
            links_ ? &links_->network() : nullptr),
      front_(front_options_of(options), chat_,
             {[this] { return not_ready(); }, [&counted] { return counted.text(); }, version, faults_.get()}, out,
             counted.front()) {
  counted.watch("parley_shards_owned", "Shards that this node owns by a lease that it can prove.",
                [this] { return static_cast<double>(chat_.shards_leased()); });
  if (auto opened = front_.listen(); opened.has_error()) {
    throw refusal_to_start(exit_code::cannot_take, opened.error().detail);
  }
  if (faults_) faults_->serve_at(origin());
}

composition::~composition() = default;

void composition::start(std::function<void(const cluster_node&)> name_taken) {
  chat_.start(front_.live(), std::move(name_taken));
  stores_->start();
  front_.serve();
}

std::string composition::page() const {
  auto where = parse_listen_address(options_.node.listen).value();
  where.port(front_.port());
  return page_address(where);
}

std::string composition::origin() const {
  auto address = page();
  address.pop_back();  // the slash
  return address;
}

std::string composition::not_ready() const {
  if (chat_.is_ready()) return {};
  return "owns " + std::to_string(chat_.shards_owned()) + " of " + std::to_string(options_.node.shards) +
         " shards, and not every other one has an owner";
}

void composition::leave(milliseconds at_most) {
  if (!links_) return;
  auto gate = std::make_shared<std::promise<void>>();
  auto left = gate->get_future();
  if (!chat_.leave([gate] { gate->set_value(); })) return;
  const bool is_done = left.wait_for(at_most) == std::future_status::ready;
  log_.write(is_done ? log_level::info : log_level::warn, "node.left",
             {{"shards_kept", std::to_string(chat_.shards_owned())}});
}

void composition::drain(std::function<void()> drained) {
  // Clients spread over two seconds: they all come back to the same place at once otherwise.
  front_.drain({milliseconds{500}, milliseconds{2000}, "this node stops"}, options_.node.drain_timeout,
               std::move(drained));
}

void composition::stop() {
  front_.stop();
  chat_.stop();
  if (faults_) faults_->stop();
  if (links_) links_->stop();
  stores_->stop();
}

}  // namespace parley
