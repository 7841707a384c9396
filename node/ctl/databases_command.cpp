#include "node/ctl/cluster_commands.hpp"
#include "node/ctl/data_mover.hpp"
#include "node/ctl/printing.hpp"
#include "node/ctl/table.hpp"
#include "storage/postgres/prepare_postgres.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>

#include <algorithm>
#include <memory>

namespace parley::ctl {
namespace {

struct databases_wishes {
  std::vector<std::string> dsns;
  std::string added;
};

class no_log final : public log {
public:
  bool is_on(log_level) const override { return false; }
  void write(log_level, std::string_view, std::initializer_list<log_field>) override {}
};

constexpr const char* use_sql = R"(
SELECT c.place, c.databases, c.database_id,
  EXISTS (SELECT FROM parley.shard WHERE term > 0 OR moved_to IS NOT NULL) OR EXISTS (SELECT FROM parley.room)
FROM parley.cluster c)";

constexpr const char* number_sql =
    "UPDATE parley.cluster SET place = $1::int4, databases = $1::int4 WHERE place IN (0, $1::int4)";

// One row, so one moment: before it the list is the old one, after it no node starts with the old one any more.
constexpr const char* lengthen_databases_sql = R"(
UPDATE parley.cluster SET databases = $1::int4, members = members || ' ' || $2
WHERE databases = $1::int4 - 1 AND members <> '' RETURNING databases)";

constexpr const char* is_member_sql =
    "SELECT databases >= $1::int4 AND split_part(members, ' ', $1::int4) = $2 FROM parley.cluster";

/// Empty, or added before. @returns its id
std::string id_of_fresh(database& fresh, std::size_t number) {
  const auto use = fresh.ask(use_sql).at(0);
  const auto place = static_cast<std::size_t>(use.number(0));
  if (place != 0 && place != number)
    fresh.refuse(exit_code::usage, "is number " + std::to_string(place) + " of the cluster's databases already");
  if (place == 0 && use.flag(3))
    fresh.refuse(exit_code::incompatible, "is not empty: name a database that nothing was stored in");
  return use.text(2);
}

void make_schema(cluster& where, const std::string& dsn) {
  postgres_options options;
  options.dsn = dsn;
  options.shards = where.shards();
  no_log quiet;
  const auto made = prepare_postgres(options, cluster_record{where.id(), where.shards()}, quiet);
  if (made) return;
  const bool is_other = made.error().code == errc::incompatible;
  throw refusal(is_other ? exit_code::incompatible : exit_code::unavailable,
                "the database to add: " + made.error().detail);
}

/// A list that is not the cluster's must not become its map.
void refuse_unless_known(cluster& where, bool is_added) {
  const auto told = where.home().ask("SELECT databases FROM parley.cluster").at(0).number(0);
  if (told == 0)
    where.home().refuse(exit_code::usage, "knows no list yet: start a node first, or begin with the longer list");
  const auto known = where.databases().size() + (is_added ? 1 : 0);
  if (static_cast<std::size_t>(told) < known || (!is_added && static_cast<std::size_t>(told) != known))
    where.home().refuse(exit_code::usage, "says that the cluster has " +
                                              counted(static_cast<std::size_t>(told), "database") +
                                              ": give all of them with --postgres, and the one to add by itself");
}

std::size_t add_database(cluster& where, const std::string& dsn) {
  const auto number = where.databases().size() + 1;
  const auto place = std::to_string(number);
  make_schema(where, dsn);
  database fresh(dsn, number - 1);
  const auto id = id_of_fresh(fresh, number);
  const auto is_added = [&] { return where.home().ask(is_member_sql, {place, id}).at(0).flag(0); };
  refuse_unless_known(where, is_added());
  if (is_added()) return number;
  keep_places(where.home(), where.databases().size(), where.shards());
  fresh.ask(number_sql, {place});
  where.home().ask(lengthen_databases_sql, {place, id});
  if (!is_added()) where.home().refuse(exit_code::not_yet, "was changed meanwhile: repeat the command");
  return number;
}

void add(const databases_wishes& w, bool is_json) {
  cluster where(w.dsns, cluster::care::mending);
  take_turn(where);
  const auto number = add_database(where, w.added);
  if (is_json) return print(boost::json::object{{"database", number}});
  print("It is database " + std::to_string(number) +
        " of the cluster, and holds no shard yet. Nodes run on, and start " +
        "no more without it: restart each with it at the end of `postgres`, then `parleyctl shards move-data`.\n");
}

void list(const databases_wishes& w, bool is_json) {
  cluster where(w.dsns);
  table t{{{"DATABASE", align::right}, {"SHARDS", align::right}, {"LEFT BEHIND", align::right}, {"ADDRESS"}}};
  boost::json::array all;
  for (auto& one : where.databases()) {
    const auto held = std::ranges::count(where.places(), one.place());
    const auto left = one.ask(
                             "SELECT count(*) FROM parley.shard s WHERE s.moved_to IS NOT NULL AND NOT s.shard = ANY "
                             "($1::int4[]) AND EXISTS (SELECT FROM parley.room r WHERE r.shard = s.shard)",
                             {where.shards_at(one.place())})
                          .at(0)
                          .number(0);
    t.add({std::to_string(one.place() + 1), std::to_string(held), std::to_string(left), one.name()});
    all.push_back(boost::json::object{{"database", one.place() + 1}, {"shards", held}, {"left_behind", left}});
  }
  if (is_json) return print(boost::json::object{{"databases", std::move(all)}});
  print(t.text());
}

void add_database_subcommand(CLI::App& databases, const bool& is_json) {
  auto w = std::make_shared<databases_wishes>();
  auto* command = databases.add_subcommand("add", "Makes an empty database the cluster's next one");
  command->fallthrough();
  add_databases(*command, w->dsns);
  command->add_option("DSN", w->added, "The database to add; the role must be allowed to create a schema there")
      ->required();
  command->footer(
      "--postgres names the databases of now. Shards stay where they are. Interrupted, repeat it.\n"
      "Examples:\n"
      "  parleyctl databases add postgresql://parley@db3/parley");
  command->callback([w, &is_json] { add(*w, is_json); });
}

}  // namespace

void add_databases_command(CLI::App& app, const bool& is_json) {
  auto w = std::make_shared<databases_wishes>();
  auto* command = app.add_subcommand("databases", "Shows the cluster's databases, and adds one");
  command->fallthrough();
  add_databases(*command, w->dsns);
  command->footer(
      "LEFT BEHIND counts shards that moved away and whose former copies are still there (`shards purge-data`).\n"
      "Examples:\n"
      "  parleyctl databases --json");
  add_database_subcommand(*command, is_json);
  command->callback([w, command, &is_json] {
    if (command->get_subcommands().empty()) list(*w, is_json);
  });
}

}  // namespace parley::ctl
