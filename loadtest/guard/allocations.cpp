#include "loadtest/guard/allocations.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdlib>

namespace parley::guard {
namespace {

allocations so_far;
bool is_counting = false;

void note(std::size_t bytes) {
  if (!is_counting) return;
  ++so_far.count;
  so_far.bytes += bytes;
}

}  // namespace

void count_allocations() {
  so_far = {};
  is_counting = true;
}

allocations counted_allocations() {
  is_counting = false;
  return so_far;
}

}  // namespace parley::guard

// The program's own definitions come before glibc's for the shared libraries too (glibc's manual, "Replacing malloc").
// What glibc does itself has a second name each; `free` is left alone, since it frees what those return.
extern "C" {

void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* old, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);

void* malloc(std::size_t bytes) noexcept {
  parley::guard::note(bytes);
  return __libc_malloc(bytes);
}

void* calloc(std::size_t count, std::size_t bytes) noexcept {
  parley::guard::note(count * bytes);
  return __libc_calloc(count, bytes);
}

void* realloc(void* old, std::size_t bytes) noexcept {
  parley::guard::note(bytes);
  return __libc_realloc(old, bytes);
}

void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  parley::guard::note(bytes);
  return __libc_memalign(alignment, bytes);
}

int posix_memalign(void** out, std::size_t alignment, std::size_t bytes) noexcept {
  parley::guard::note(bytes);
  *out = __libc_memalign(alignment, bytes);
  return *out == nullptr ? ENOMEM : 0;
}

}  // extern "C"
