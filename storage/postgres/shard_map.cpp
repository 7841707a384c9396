#include "storage/postgres/shard_map.hpp"

#include "storage/postgres/start_session.hpp"

namespace parley {
namespace {

using postgres::refuse_start;
using session = postgres::start_session;

std::string listed(const std::vector<std::string>& endpoints) {
  std::string out;
  for (const auto& each : endpoints) out += (out.empty() ? "" : " ") + each;
  return out;
}

void agree_on_place(session& db, const shard_map_entry& mine) {
  // Not written where it is there: a start also works while the server takes no writes.
  if (db.number("SELECT place FROM parley.cluster") == 0)
    db.ask("UPDATE parley.cluster SET place = $1::int4, databases = $2::int4 WHERE place = 0",
           {std::to_string(mine.place), std::to_string(mine.databases)});
  const auto databases = db.number("SELECT databases FROM parley.cluster");
  const auto place = db.number("SELECT place FROM parley.cluster");
  const char* same = ": name the same databases in the same order on every node";
  if (databases != mine.databases)
    refuse_start("the cluster's list of databases is " + std::to_string(databases) + " long, this node's is " +
                 std::to_string(mine.databases) + " long" + same);
  if (place != mine.place)
    refuse_start("it is number " + std::to_string(place) + " of the cluster's databases, and number " +
                 std::to_string(mine.place) + " of this node's list" + same);
}

void agree_on_endpoints(session& db, const shard_map_entry& mine) {
  const auto wanted = listed(mine.endpoints);
  if (db.ask("SELECT endpoints FROM parley.cluster") == wanted) return;
  db.ask(
      "UPDATE parley.cluster SET endpoints = $1 WHERE endpoints = '' OR NOT EXISTS"
      " (SELECT FROM parley.lease WHERE expires_at > clock_timestamp())",
      {wanted});
  if (const auto theirs = db.ask("SELECT endpoints FROM parley.cluster"); theirs != wanted)
    refuse_start("the running nodes' Redis endpoints are " + theirs + ", this node's are " + wanted +
                 ": name the same in the same order on every node; the list can change while none runs (a killed node "
                 "counts until its lease has ended, a few seconds)");
}

}  // namespace

std::optional<error> agree_on_shard_map(const postgres_options& options, const shard_map_entry& mine) {
  try {
    session db(options);
    agree_on_place(db, mine);
    if (mine.place == 1) agree_on_endpoints(db, mine);
    return std::nullopt;
  } catch (const postgres::failed_start& f) {
    return f.why;
  }
}

}  // namespace parley
