#include "storage/sqlite/sqlite_database.hpp"

#include "actors/boot_now.hpp"
#include "storage/sqlite/leases.hpp"
#include "storage/sqlite/open_database.hpp"
#include "storage/sqlite/reads.hpp"
#include "storage/sqlite/rooms.hpp"
#include "storage/sqlite/worker.hpp"
#include "storage/sqlite/writes.hpp"

namespace parley {
namespace {

/// The log outlives the database, as every reference given to it does.
std::function<void(std::string)> logged(std::function<void(std::string)> on_fatal, log& log) {
  return [on_fatal = std::move(on_fatal), &log](const std::string& why) {
    log.write(log_level::error, "storage.fatal", {{"store", "sqlite"}, {"reason", why}});
    if (on_fatal) on_fatal(why);
  };
}

}  // namespace

result<std::unique_ptr<sqlite_database>> sqlite_database::open(sqlite_options options, log& log) {
  auto opened = sqlite::open_database(options);
  if (!opened) return opened.error();
  log.write(log_level::info, "storage.opened",
            {{"store", "sqlite"}, {"path", options.path}, {"schema", std::to_string(sqlite::schema_version())}});
  return std::unique_ptr<sqlite_database>(new sqlite_database(std::move(options), log, std::move(opened->lease),
                                                              std::move(opened->db), std::move(opened->who)));
}

sqlite_database::sqlite_database(sqlite_options options, log& log, std::unique_ptr<sqlite::file_lease> lease,
                                 std::unique_ptr<sqlite::connection> db, sqlite::identity who)
    : options_(std::move(options)),
      cluster_(std::move(who.cluster)),
      identity_{std::move(who.system), {}},
      lease_(std::move(lease)),
      worker_(std::make_unique<sqlite::worker>(std::move(db), options_.waiting_max, logged(options_.on_fatal, log))) {}

sqlite_database::~sqlite_database() = default;

template <class T, class Act>
void sqlite_database::read(completion<T> done, Act act) {
  worker_->queue(std::make_unique<sqlite::call<T>>(sqlite::work::access::read, std::move(act), std::move(done)));
}

template <class T, class Act>
void sqlite_database::write(completion<T> done, Act act) {
  worker_->queue(std::make_unique<sqlite::call<T>>(sqlite::work::access::write, std::move(act), std::move(done)));
}

void sqlite_database::append(append_batch batch, completion<append_outcome> done) {
  write(std::move(done), [this, batch = std::move(batch)](sqlite::connection& db) {
    return sqlite::append(db, batch, {unix_now(), options_.dedup_window, options_.checked});
  });
}

void sqlite_database::recover(recover_request request, completion<recovered> done) {
  write(std::move(done),
        [request = std::move(request)](sqlite::connection& db) { return sqlite::recover(db, request); });
}

void sqlite_database::range(range_query query, completion<range_page> done) {
  read(std::move(done), [query = std::move(query)](sqlite::connection& db) { return sqlite::range(db, query); });
}

void sqlite_database::history(history_query query, completion<history_page> done) {
  read(std::move(done), [query = std::move(query)](sqlite::connection& db) { return sqlite::history(db, query); });
}

void sqlite_database::heads(std::vector<room_ref> rooms, completion<std::vector<marked_head>> done) {
  read(std::move(done), [rooms = std::move(rooms)](sqlite::connection& db) {
    std::vector<marked_head> found;
    for (const auto& room : rooms) found.push_back({sqlite::head_of(db, *room), sqlite::mark_of(db, room->shard)});
    return found;
  });
}

void sqlite_database::marks(std::vector<shard_id> shards, completion<std::vector<shard_mark>> done) {
  read(std::move(done), [shards = std::move(shards)](sqlite::connection& db) {
    std::vector<shard_mark> found;
    for (auto shard : shards) found.push_back(sqlite::mark_of(db, shard));
    return found;
  });
}

void sqlite_database::trim(std::string owner, shard_fence fence, room_ref room, position floor,
                           completion<shard_verdict> done) {
  write(std::move(done), [owner = std::move(owner), fence, room = std::move(room), floor](sqlite::connection& db) {
    return sqlite::trim(db, owner, fence, *room, floor);
  });
}

void sqlite_database::renew(node_identity node, lease_wish wish, completion<lease_renewal> done) {
  write(std::move(done), [this, node = std::move(node), wish = std::move(wish)](sqlite::connection& db) {
    const auto now = unix_now();
    const auto renewals = sqlite::renew(db, node, wish, now);
    return lease_renewal{identity_, renewals, sqlite::cluster_nodes(db, node, now)};
  });
}

void sqlite_database::survey(completion<std::vector<shard_row>> done) {
  read(std::move(done), [](sqlite::connection& db) { return sqlite::survey(db, unix_now()); });
}

void sqlite_database::departed(completion<std::vector<shard_id>> done) {
  read(std::move(done), [](sqlite::connection&) { return result<std::vector<shard_id>>(std::vector<shard_id>{}); });
}

void sqlite_database::claim(node_identity node, std::vector<shard_claim> claims,
                            completion<std::vector<claimed_shard>> done) {
  write(std::move(done), [node = std::move(node), claims = std::move(claims)](sqlite::connection& db) {
    return sqlite::claim(db, node, claims, unix_now());
  });
}

void sqlite_database::yield(node_identity node, std::vector<owned_shard> shards, completion<std::size_t> done) {
  write(std::move(done), [node = std::move(node), shards = std::move(shards)](sqlite::connection& db) {
    return sqlite::yield(db, node, shards);
  });
}

void sqlite_database::release(node_identity node, completion<std::size_t> done) {
  write(std::move(done), [node = std::move(node)](sqlite::connection& db) { return sqlite::release(db, node); });
}

}  // namespace parley
