#include "node/ctl/cluster.hpp"

#include "node/ctl/printing.hpp"
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

cluster::cluster(std::vector<std::string> dsns, care how) {
  dsns = or_environment(std::move(dsns));
  if (dsns.empty())
    throw refusal(exit_code::usage,
                  "no database is named: give --postgres DSN for each, in the nodes' order, or set PARLEY_POSTGRES");
  for (std::size_t place = 0; place < dsns.size(); ++place) databases_.emplace_back(dsns[place], place);
  for (auto& one : databases_) check(one);
  read_places();
  if (how == care::whole) refuse_unless_whole();
  for (auto& one : databases_) {
    if (how == care::whole) check_places(one);
  }
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
  const auto record = one.ask("SELECT id, shards, place FROM parley.cluster");
  if (record.empty()) one.refuse(exit_code::incompatible, "has no cluster record");
  if (one.place() == 0) {
    id_ = record[0].text(0);
    shards_ = static_cast<std::uint32_t>(record[0].number(1));
  }
  if (record[0].text(0) != id_ || record[0].number(1) != shards_)
    one.refuse(exit_code::incompatible, "belongs to another cluster than the first of the list");
  if (const auto place = record[0].number(2); place != 0 && static_cast<std::size_t>(place) != one.place() + 1)
    one.refuse(exit_code::incompatible,
               "is number " + std::to_string(place) +
                   " of the cluster's databases: name them all, in the same order as the nodes'"
                   " setting `postgres`");
}

void cluster::refuse_unless_whole() {
  const auto told = home().ask("SELECT databases FROM parley.cluster").at(0).number(0);
  if (told != 0 && static_cast<std::size_t>(told) != databases_.size())
    home().refuse(exit_code::incompatible, "says that the cluster has " +
                                               counted(static_cast<std::size_t>(told), "database") +
                                               ", this list has " + std::to_string(databases_.size()) +
                                               ": name the databases of the nodes' setting `postgres`, all");
}

void cluster::read_places() {
  for (std::uint32_t shard = 0; shard < shards_; ++shard) places_.push_back(shard % databases_.size());
  for (const auto& kept :
       home().ask("SELECT shard, database - 1 FROM parley.place WHERE shard < $1::int4", {std::to_string(shards_)}))
    places_[static_cast<std::size_t>(kept.number(0))] = static_cast<std::size_t>(kept.number(1));
}

void cluster::check_places(database& one) {
  const auto strays = one.ask(
      "SELECT min(shard) FROM parley.shard WHERE term > 0 AND moved_to IS NULL AND NOT shard = ANY ($1::int4[])",
      {shards_at(one.place())});
  if (!strays.at(0).text(0).empty())
    one.refuse(exit_code::incompatible, "holds shard " + strays[0].text(0) +
                                            ", which it would not by this list: name the databases of the nodes' "
                                            "setting `postgres`, all and in the same order. Where `parleyctl shards "
                                            "move-data` was interrupted, repeat it");
}

std::string cluster::shards_at(std::size_t place) const {
  std::string text = "{";
  for (std::uint32_t shard = 0; shard < shards_; ++shard) {
    if (places_[shard] == place) text += (text.size() > 1 ? "," : "") + std::to_string(shard);
  }
  return text + '}';
}

database& cluster::home_of(std::uint32_t shard) {
  if (shard >= shards_)
    throw refusal(exit_code::usage, "there is no shard " + std::to_string(shard) + ": the cluster has 0 to " +
                                        std::to_string(shards_ - 1));
  return databases_.at(places_[shard]);
}

void add_databases(CLI::App& command, std::vector<std::string>& dsns) {
  command
      .add_option("--postgres", dsns,
                  "The cluster's databases, repeatable, in the order of the nodes' setting; default: $PARLEY_POSTGRES")
      ->allow_extra_args(false)
      ->type_name("DSN");
}

}  // namespace parley::ctl
