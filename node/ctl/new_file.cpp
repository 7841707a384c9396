#include "node/ctl/new_file.hpp"

#include "node/ctl/refusal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace parley::ctl {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, int why) {
  throw refusal(exit_code::cannot_make, path.string() + " cannot be made: " + std::strerror(why));
}

void write_all(int file, const new_file& what) {
  std::size_t done = 0;
  while (done < what.text.size()) {
    const auto wrote = ::write(file, what.text.data() + done, what.text.size() - done);
    if (wrote < 0) refuse(what.path, errno);
    done += static_cast<std::size_t>(wrote);
  }
  if (::fsync(file) != 0) refuse(what.path, errno);
}

void make(const new_file& what) {
  // O_EXCL: what exists is refused by the kernel, not by a look beforehand.
  const int file = ::open(what.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, what.is_secret ? 0600 : 0644);
  if (file < 0) refuse(what.path, errno);
  try {
    write_all(file, what);
  } catch (...) {
    ::close(file);
    ::unlink(what.path.c_str());
    throw;
  }
  ::close(file);
}

void make_folder(const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) refuse(folder, errno);
}

void sync_folder(const std::filesystem::path& folder) {
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) refuse(folder, errno);
  ::fsync(opened);
  ::close(opened);
}

}  // namespace

void make_files(const std::filesystem::path& folder, const std::vector<new_file>& files) {
  make_folder(folder);
  std::vector<std::filesystem::path> made;
  try {
    for (const auto& one : files) {
      make(one);
      made.push_back(one.path);
    }
    sync_folder(folder);
  } catch (...) {
    for (const auto& one : made) ::unlink(one.c_str());
    throw;
  }
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (!file.is_open() || file.bad())
    throw refusal(exit_code::no_input, path.string() + " cannot be read: " + std::strerror(errno));
  return text;
}

}  // namespace parley::ctl
