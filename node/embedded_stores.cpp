#include "node/refusal_to_start.hpp"
#include "node/stores.hpp"
#include "storage/memory/memory_fan_out.hpp"
#include "storage/sqlite/sqlite_database.hpp"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <utility>

namespace parley {
namespace {

/// Nobody knows what the disk holds: neither an ack nor an error would be true, so the process ends, and finds out at
/// its next start.
[[noreturn]] void die_of_disk(const std::string& why) {
  std::fprintf(stderr, "parleyd: a commit failed, the node ends: %s\n", why.c_str());
  ::_exit(static_cast<int>(exit_code::internal));
}

std::filesystem::path data_folder(const std::string& path) {
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  if (!failure) std::filesystem::permissions(path, std::filesystem::perms::owner_all, failure);
  if (failure) throw refusal_to_start(exit_code::cannot_take, "data_dir " + path + ": " + failure.message());
  return path;
}

std::unique_ptr<sqlite_database> open_database(const configuration& options, log& out) {
  sqlite_options o;
  o.path = data_folder(options.node.data_dir) / "parley.sqlite";
  o.shards = options.node.shards;
  o.dedup_window = options.node.dedup_window;
  o.checked = options.node.checked;
  o.on_fatal = die_of_disk;
  auto opened = sqlite_database::open(std::move(o), out);
  if (opened.has_value()) return std::move(*opened);
  const auto& why = opened.error();
  const auto code = why.code == errc::incompatible ? exit_code::incompatible : exit_code::cannot_take;
  throw refusal_to_start(code, "data_dir " + options.node.data_dir + ": " + why.detail);
}

class embedded_stores final : public stores {
public:
  explicit embedded_stores(std::unique_ptr<sqlite_database> database, std::uint32_t shards)
      : database_(std::move(database)), shards_(shards) {}

  std::vector<database_ports> databases() override { return {{database_.get(), database_.get()}}; }
  std::vector<fan_out*> endpoints() override { return {&live_}; }
  std::string cluster_id() const override { return {}; }
  std::vector<shard_route> routes() const override { return std::vector<shard_route>(shards_); }
  void start() override {}
  void stop() override { database_.reset(); }

private:
  std::unique_ptr<sqlite_database> database_;
  memory_fan_out live_;
  std::uint32_t shards_;
};

}  // namespace

std::unique_ptr<stores> open_embedded_stores(const configuration& options, log& out) {
  return std::make_unique<embedded_stores>(open_database(options, out), options.node.shards);
}

std::unique_ptr<stores> open_stores(const configuration& options, log& out, metrics& counted) {
  return options.node.is_embedded() ? open_embedded_stores(options, out) : open_server_stores(options, out, counted);
}

}  // namespace parley
