#pragma once

#include "actors/core/ids.hpp"
#include "actors/ports/log.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace parley::contract {

/// A folder of its own that goes with its test.
class temporary_folder {
public:
  temporary_folder();
  ~temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }

private:
  std::filesystem::path path_;
};

class silent_log final : public log {
public:
  bool is_on(log_level) const override { return false; }
  void write(log_level, std::string_view, std::initializer_list<log_field>) override {}
};

/// The room that a killed writer wrote.
inline room_ref crash_room() {
  return std::make_shared<room_identity>(room_identity{"default", "crash", room_key{{1, 2, 3}}, shard_id{7}});
}

}  // namespace parley::contract
