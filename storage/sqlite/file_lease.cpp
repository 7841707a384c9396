#include "storage/sqlite/file_lease.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace parley::sqlite {
namespace {

error refused(const std::string& what) { return {errc::unavailable, what}; }

std::string lock_reason(int code) { return std::generic_category().message(code); }

/// What the holder wrote; it may just be writing it.
std::string holder(int descriptor) {
  std::array<char, 128> text{};
  const auto size = ::pread(descriptor, text.data(), text.size(), 0);
  if (size <= 0) return "another process";
  std::string line(text.data(), static_cast<std::size_t>(size));
  return line.substr(0, line.find('\n'));
}

/// For people only: nothing is decided by it.
void sign(int descriptor) {
  std::array<char, 65> host{};
  ::gethostname(host.data(), host.size() - 1);
  const std::string line = "process " + std::to_string(::getpid()) + " on " + host.data() + "\n";
  if (::ftruncate(descriptor, 0) != 0) return;
  if (::pwrite(descriptor, line.data(), line.size(), 0) < 0) return;
}

}  // namespace

result<std::unique_ptr<file_lease>> file_lease::take(const std::string& lock_path) {
  const int descriptor = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return refused("cannot make " + lock_path + ": " + lock_reason(errno));
  std::unique_ptr<file_lease> made(new file_lease(descriptor));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return refused("cannot lock " + lock_path + ": " + lock_reason(errno));
    return refused("the database is in use by " + holder(descriptor) + " (it holds " + lock_path + ')');
  }
  sign(descriptor);
  return made;
}

file_lease::~file_lease() { ::close(descriptor_); }  // the file stays: removing it would let two holders in

}  // namespace parley::sqlite
