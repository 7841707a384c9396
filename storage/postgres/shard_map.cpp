#include "storage/postgres/shard_map.hpp"

#include "storage/postgres/start_session.hpp"

#include <charconv>
#include <deque>

namespace parley {
namespace {

using postgres::refuse_start;
using session = postgres::start_session;

constexpr const char* same = ": name the same databases in the same order on every node";

// Another list while nobody goes by the former one, and never without an endpoint that the map names.
constexpr const char* lists_sql = R"(
UPDATE parley.cluster SET endpoints = $1 WHERE endpoints = ''
  OR NOT EXISTS (SELECT FROM parley.lease WHERE expires_at > clock_timestamp())
  AND NOT EXISTS (SELECT FROM parley.place WHERE endpoint > array_length(string_to_array($1, ' '), 1)))";

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& each : words) out += (out.empty() ? "" : " ") + each;
  return out;
}

/// How long the list is, the home database says: one that was added later is told so first.
/// @param place  from 1
void check_place(session& db, std::size_t place, std::size_t databases) {
  const auto told = db.number("SELECT place FROM parley.cluster");
  if (told == 0) return;
  if (const auto count = db.number("SELECT databases FROM parley.cluster"); told == 1 && count != databases)
    refuse_start("the cluster's list of databases is " + std::to_string(count) + " long, this node's is " +
                 std::to_string(databases) + " long" + same + " (parleyctl databases add makes it longer)");
  if (told != place)
    refuse_start("it is number " + std::to_string(told) + " of the cluster's databases, and number " +
                 std::to_string(place) + " of this node's list" + same);
}

/// Another database at the place of a member would seem empty, and its rooms would begin anew there.
void check_members(session& home, const std::string& ids) {
  const auto told = home.ask("SELECT members FROM parley.cluster");
  if (!told.empty() && told != ids)
    refuse_start("a database of this node's list is not the one that the cluster has at its place" + std::string(same));
}

/// Only what is not there yet: a start also works while the servers take no writes.
void record(session& db, std::size_t place, std::size_t databases) {
  if (db.number("SELECT place FROM parley.cluster") == 0)
    db.ask("UPDATE parley.cluster SET place = $1::int4, databases = $2::int4 WHERE place = 0",
           {std::to_string(place), std::to_string(databases)});
}

void agree_on_endpoints(session& home, const std::string& wanted) {
  if (home.ask("SELECT endpoints FROM parley.cluster") == wanted) return;
  home.ask(lists_sql, {wanted});
  if (const auto theirs = home.ask("SELECT endpoints FROM parley.cluster"); theirs != wanted)
    refuse_start("the cluster's Redis endpoints are " + theirs + ", this node's are " + wanted +
                 ": name the same in the same order on every node. `parleyctl endpoints add` makes the list longer; "
                 "otherwise it can change while no node runs (a killed node counts until its lease has ended, a few "
                 "seconds), and then keeps each endpoint's place that shards were moved to");
}

}  // namespace

std::optional<error> agree_on_shard_map(const shard_map& mine, std::size_t& refused) {
  const auto count = mine.databases.size();
  try {
    std::deque<session> databases;
    std::vector<std::string> ids;
    for (refused = 0; refused < count; ++refused) {
      auto& db = databases.emplace_back(mine.databases[refused]);
      db.run("SET statement_timeout = '60s'");
      check_place(db, refused + 1, count);
      ids.push_back(db.ask("SELECT database_id FROM parley.cluster"));
    }
    refused = 0;
    auto& home = databases.front();
    check_members(home, joined(ids));
    for (; refused < count; ++refused) {
      record(databases[refused], refused + 1, count);
      check_place(databases[refused], refused + 1, count);  // another node may have been first
    }
    refused = 0;
    if (home.ask("SELECT members FROM parley.cluster").empty())
      home.ask("UPDATE parley.cluster SET members = $1 WHERE members = ''", {joined(ids)});
    check_members(home, joined(ids));
    agree_on_endpoints(home, joined(mine.endpoints));
    return std::nullopt;
  } catch (const postgres::failed_start& f) {
    return f.why;
  }
}

result<shard_places> read_shard_places(const postgres_options& home) {
  try {
    session db(home);
    // In this order: what changed in between is read again at the first renewal.
    const auto version = db.ask("SELECT changes FROM parley.cluster");
    std::uint64_t number = 0;
    std::from_chars(version.data(), version.data() + version.size(), number);
    const auto databases = db.ask("SELECT string_agg(database::text, ' ' ORDER BY shard) FROM parley.place");
    const auto endpoints = db.ask(
        "SELECT string_agg(endpoint::text, ' ' ORDER BY shard) FROM parley.place HAVING bool_and(endpoint IS NOT "
        "NULL)");
    return postgres::places_of(number, databases, endpoints);
  } catch (const postgres::failed_start& f) {
    return f.why;
  }
}

namespace postgres {
namespace {

/// From 0 on.
std::vector<std::uint32_t> numbers_of(std::string_view text) {
  std::vector<std::uint32_t> found;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    std::uint32_t place = 0;
    const auto [rest, failure] = std::from_chars(at, end, place);
    if (failure != std::errc{}) break;
    found.push_back(place - 1);
    at = rest == end ? end : rest + 1;
  }
  return found;
}

}  // namespace

shard_places places_of(std::uint64_t version, std::string_view databases, std::string_view endpoints) {
  shard_places found;
  found.version = version;
  for (const auto place : numbers_of(databases)) found.databases.push_back(database_id{place});
  for (const auto place : numbers_of(endpoints)) found.endpoints.push_back(place);
  return found;
}

}  // namespace postgres
}  // namespace parley
