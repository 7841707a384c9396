#pragma once

#include "actors/core/result.hpp"

#include <memory>
#include <string>

namespace parley::sqlite {

/// The embedded database's lease: an exclusive `flock` on a file beside it, which the kernel ends with its process,
/// however that dies. So nobody has to wait for a lease time, and no two processes write one database.
class file_lease {
public:
  /// @returns `unavailable` with the holder's process id when another process has it, or when the file cannot be made
  static result<std::unique_ptr<file_lease>> take(const std::string& lock_path);

  ~file_lease();
  file_lease(const file_lease&) = delete;
  file_lease& operator=(const file_lease&) = delete;

private:
  explicit file_lease(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace parley::sqlite
