#include "node/ctl/cluster_commands.hpp"
#include "node/ctl/printing.hpp"
#include "node/ctl/table.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>

#include <memory>

namespace parley::ctl {
namespace {

struct rooms_wishes {
  std::vector<std::string> dsns;
  room_filter rooms;
};

void print_table(const std::vector<room_row>& rooms) {
  table t{{{"ROOM"},
           {"INSTANCE"},
           {"SHARD", align::right},
           {"OWNER"},
           {"HEAD SEQ", align::right},
           {"HEAD TERM", align::right},
           {"CREATED"}}};
  for (const auto& r : rooms)
    t.add({r.name, r.instance, std::to_string(r.shard), r.owner, std::to_string(r.head_seq),
           std::to_string(r.head_term), r.created_at});
  print(t.text());
}

void print_json(const std::vector<room_row>& rooms) {
  boost::json::array all;
  for (const auto& r : rooms)
    all.push_back(boost::json::object{{"room", r.name},
                                      {"instance", r.instance},
                                      {"id", r.id},
                                      {"shard", r.shard},
                                      {"owner", r.owner},
                                      {"head", boost::json::object{{"term", r.head_term}, {"seq", r.head_seq}}},
                                      {"created_at", r.created_at}});
  print(boost::json::object{{"rooms", std::move(all)}});
}

void list_rooms(const rooms_wishes& w, bool is_json) {
  cluster where(w.dsns);
  if (w.rooms.shard) where.home_of(*w.rooms.shard);  // refuses what does not exist
  const auto rooms = rooms_of(where, w.rooms);
  if (rooms.empty() && w.rooms.name)
    throw refusal(exit_code::usage,
                  "no room " + shown(*w.rooms.name) + " is stored: it comes to be with its first event");
  if (is_json) return print_json(rooms);
  print_table(rooms);
  if (rooms.size() == w.rooms.limit)
    warn({"these are the newest " + std::to_string(w.rooms.limit) + "; --limit shows more"});
}

}  // namespace

void add_rooms(CLI::App& app, const bool& is_json) {
  auto w = std::make_shared<rooms_wishes>();
  auto* command = app.add_subcommand("rooms", "Shows rooms, the newest first: shard, owner, head");
  command->fallthrough();
  add_databases(*command, w->dsns);
  command->add_option("NAME", w->rooms.name, "Only rooms of this name");
  command->add_option("--shard", w->rooms.shard, "Only rooms of this shard")->type_name("N");
  command->add_option("--instance", w->rooms.instance, "Only rooms of this instance")->type_name("NAME");
  command->add_option("--limit", w->rooms.limit, "At most so many")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command->footer(
      "A room comes to be with its first event. The databases keep no index for this list: with millions of rooms\n"
      "it takes seconds.\n"
      "Examples:\n"
      "  parleyctl rooms --shard 17 --limit 10\n"
      "  parleyctl rooms general --json");
  command->callback([w, &is_json] { list_rooms(*w, is_json); });
}

}  // namespace parley::ctl
