#include "node/ctl/cluster.hpp"

#include "node/setting.hpp"
#include "storage/postgres/prepare_postgres.hpp"

#include <cstdlib>
#include <utility>
#include <variant>

namespace parley::ctl {
namespace {

constexpr const char* list_variable = "PARLEY_POSTGRES";

std::vector<std::string> or_environment(std::vector<std::string> dsns) {
  const char* text = std::getenv(list_variable);
  if (!dsns.empty() || text == nullptr) return dsns;
  const auto value = from_text(setting_kind::list, text);
  return value ? std::get<std::vector<std::string>>(*value) : dsns;
}

}  // namespace

cluster::cluster(std::vector<std::string> dsns) {
  dsns = or_environment(std::move(dsns));
  if (dsns.empty())
    throw refusal(exit_code::usage,
                  "no database is named: give --postgres DSN for each, in the nodes' order, or set PARLEY_POSTGRES");
  for (std::size_t place = 0; place < dsns.size(); ++place) databases_.emplace_back(dsns[place], place);
  for (auto& one : databases_) check(one);
}

void cluster::check(database& one) {
  if (one.ask("SELECT to_regclass('parley.schema_version')").at(0).text(0).empty())
    one.refuse(exit_code::incompatible,
               "has no schema of Parley: another database was meant, or no node has started on it yet (`parleyd "
               "migrate` makes the schema)");
  const auto known = postgres_schema_version();
  const auto found = one.ask("SELECT coalesce(max(version), 0) FROM parley.schema_version").at(0).number(0);
  if (found > known)
    one.refuse(exit_code::incompatible, "has schema " + std::to_string(found) + ", this program knows up to " +
                                            std::to_string(known) + ": use the parleyctl of the nodes' version");
  if (found < known)
    one.refuse(exit_code::incompatible, "has schema " + std::to_string(found) + ", this program needs " +
                                            std::to_string(known) +
                                            ": use the parleyctl of the nodes' version, or "
                                            "bring it up with this version's `parleyd migrate`");
  const auto record = one.ask("SELECT id, shards FROM parley.cluster");
  if (record.empty()) one.refuse(exit_code::incompatible, "has no cluster record");
  if (one.place() == 0) {
    id_ = record[0].text(0);
    shards_ = static_cast<std::uint32_t>(record[0].number(1));
  }
  if (record[0].text(0) != id_ || record[0].number(1) != shards_)
    one.refuse(exit_code::incompatible, "belongs to another cluster than the first of the list");
  const auto strays = one.ask(
      "SELECT min(shard) FROM parley.shard WHERE term > 0 AND moved_to IS NULL AND shard % $1::int4 <> $2::int4",
      {std::to_string(databases_.size()), std::to_string(one.place())});
  if (!strays.at(0).text(0).empty())
    one.refuse(exit_code::incompatible, "holds shard " + strays[0].text(0) +
                                            ", which it would not by this list: name the databases of the nodes' "
                                            "setting `postgres`, all and in the same order");
}

database& cluster::home_of(std::uint32_t shard) {
  if (shard >= shards_)
    throw refusal(exit_code::usage, "there is no shard " + std::to_string(shard) + ": the cluster has 0 to " +
                                        std::to_string(shards_ - 1));
  return databases_[shard % databases_.size()];
}

void add_databases(CLI::App& command, std::vector<std::string>& dsns) {
  command
      .add_option("--postgres", dsns,
                  "The cluster's databases, repeatable, in the order of the nodes' setting; default: $PARLEY_POSTGRES")
      ->allow_extra_args(false)
      ->type_name("DSN");
}

}  // namespace parley::ctl
