#pragma once

#include <CLI/App.hpp>

/// The operator's hand for a cluster. The databases are its control plane: these commands read and write there, and
/// running nodes see a wish within about a second. Each is carried out while the command line is parsed. @throws
/// refusal
namespace parley::ctl {

void add_databases_command(CLI::App& app, const bool& is_json);
void add_endpoints_command(CLI::App& app, const bool& is_json);
void add_nodes(CLI::App& app, const bool& is_json);
void add_shards(CLI::App& app, const bool& is_json);
/// Of the command `shards`: `move-data` and `purge-data`.
void add_shards_data(CLI::App& shards, const bool& is_json);
/// Of the command `shards`: `move-endpoint`.
void add_shards_endpoint(CLI::App& shards, const bool& is_json);
void add_rooms(CLI::App& app, const bool& is_json);
void add_move(CLI::App& app, const bool& is_json);
void add_drain(CLI::App& app, const bool& is_json);
void add_undrain(CLI::App& app, const bool& is_json);

}  // namespace parley::ctl
