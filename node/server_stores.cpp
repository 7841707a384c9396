#include "node/io_thread.hpp"
#include "node/refusal_to_start.hpp"
#include "node/secrets.hpp"
#include "node/shard_places.hpp"
#include "node/stores.hpp"
#include "storage/postgres/dsn.hpp"
#include "storage/postgres/postgres_database.hpp"
#include "storage/postgres/prepare_postgres.hpp"
#include "storage/postgres/shard_map.hpp"
#include "storage/redis/redis_fan_out.hpp"
#include "storage/redis/redis_url.hpp"

#include <optional>
#include <utility>

namespace parley {
namespace {

postgres_options database_options_of(const configuration& all, std::size_t place) {
  auto o = all.postgres;
  o.dsn = all.node.postgres[place];
  o.name = std::to_string(place + 1);
  o.is_home = place == 0;
  o.shards = all.node.shards;
  o.dedup_window = all.node.dedup_window;
  o.checked = all.node.checked;
  return o;
}

[[noreturn]] void refuse(const error& why, const std::string& dsn) {
  throw refusal_to_start(why.code == errc::incompatible ? exit_code::incompatible : exit_code::unavailable,
                         "database " + mask_secrets(dsn) + ": " + why.detail);
}

/// Every database of the list, the home database first: it says which cluster the others must belong to.
cluster_record prepare_databases(const configuration& all, log& out) {
  for (const auto& dsn : all.node.postgres) {
    if (const auto why = mistake_in_dsn(dsn))
      throw refusal_to_start(exit_code::usage, "postgres: " + mask_secrets(dsn) + ": " + *why);
  }
  std::optional<cluster_record> cluster;
  for (std::size_t i = 0; i < all.node.postgres.size(); ++i) {
    auto prepared = prepare_postgres(database_options_of(all, i), cluster, out);
    if (prepared.has_error()) refuse(prepared.error(), all.node.postgres[i]);
    if (!cluster) cluster = *prepared;
  }
  return *cluster;
}

/// The home database's word: the same for every node.
std::vector<shard_route> routes_of(const configuration& all, const cluster_record& cluster) {
  const auto places = read_shard_places(database_options_of(all, 0));
  if (places.has_error()) refuse(places.error(), all.node.postgres.front());
  return place_shards(*places, cluster.shards, all.node.postgres.size(), all.node.redis.size());
}

void agree_on_lists(const configuration& all) {
  shard_map mine;
  for (std::size_t i = 0; i < all.node.postgres.size(); ++i) mine.databases.push_back(database_options_of(all, i));
  for (const auto& url : all.node.redis) mine.endpoints.push_back(parse_redis_url(url)->shown());
  std::size_t place = 0;
  if (const auto why = agree_on_shard_map(mine, place)) refuse(*why, all.node.postgres[place]);
}

class server_stores final : public stores {
public:
  server_stores(const configuration& all, const cluster_record& cluster, std::vector<shard_route> routes, log& out,
                metrics& counted)
      : routes_(std::move(routes)) {
    for (std::size_t i = 0; i < all.node.postgres.size(); ++i) {
      databases_.push_back(std::make_unique<postgres_database>(database_thread_.io, database_options_of(all, i),
                                                               cluster, out, counted.postgres(i)));
    }
    for (std::size_t i = 0; i < all.node.redis.size(); ++i) {
      auto o = all.redis;
      o.url = all.node.redis[i];
      o.cluster_id = cluster.id;
      endpoints_.push_back(std::make_unique<redis_fan_out>(endpoint_thread_.io, o, out, counted.redis(i)));
    }
    cluster_id_ = cluster.id;
  }
  ~server_stores() override { server_stores::stop(); }

  std::vector<database_ports> databases() override {
    std::vector<database_ports> ports;
    for (const auto& d : databases_) ports.push_back({d.get(), d.get(), ports.empty() ? d.get() : nullptr});
    return ports;
  }
  std::vector<fan_out*> endpoints() override {
    std::vector<fan_out*> all;
    for (const auto& e : endpoints_) all.push_back(e.get());
    return all;
  }
  std::string cluster_id() const override { return cluster_id_; }
  std::vector<shard_route> routes() const override { return routes_; }

  void start() override {
    for (const auto& e : endpoints_) e->start();
  }
  void stop() override {
    for (const auto& e : endpoints_) e->stop();
    for (const auto& d : databases_) d->stop();
    endpoint_thread_.finish();
    database_thread_.finish();
  }

private:
  // One thread for each kind: a burst of rows never delays the live path's canary.
  io_thread database_thread_{"databases"};
  io_thread endpoint_thread_{"endpoints"};
  std::vector<std::unique_ptr<postgres_database>> databases_;
  std::vector<std::unique_ptr<redis_fan_out>> endpoints_;
  std::vector<shard_route> routes_;
  std::string cluster_id_;
};

}  // namespace

std::unique_ptr<stores> open_server_stores(const configuration& options, log& out, metrics& counted) {
  const auto cluster = prepare_databases(options, out);
  auto opened = std::make_unique<server_stores>(options, cluster, routes_of(options, cluster), out, counted);
  check_shard_places(opened->databases(), opened->routes(), 2 * options.postgres.connect_timeout, out);
  agree_on_lists(options);  // only now: what is kept must be right
  return opened;
}

void migrate_stores(const configuration& options, log& out) {
  if (options.node.is_embedded()) {
    open_embedded_stores(options, out)->stop();
  } else {
    prepare_databases(options, out);
  }
}

}  // namespace parley
