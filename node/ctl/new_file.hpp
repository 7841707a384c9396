#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace parley::ctl {

struct new_file {
  std::filesystem::path path;
  std::string text;
  bool is_secret = false;  ///< readable by its owner alone, from its first byte on
};

/// Makes the folder if need be (0700) and the files, all or none; each is on disk before it returns.
/// @throws refusal `cannot_make` where one of them exists: nothing is ever overwritten
void make_files(const std::filesystem::path& folder, const std::vector<new_file>& files);

/// @throws refusal `no_input`
std::string read_file(const std::filesystem::path& path);

}  // namespace parley::ctl
