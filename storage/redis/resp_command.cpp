#include "storage/redis/resp_command.hpp"

#include <hiredis/hiredis.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

namespace parley {

void append_command(std::string& to, std::span<const std::string_view> words) {
  std::vector<const char*> starts;
  std::vector<std::size_t> sizes;
  starts.reserve(words.size());
  sizes.reserve(words.size());
  for (std::string_view word : words) {
    // hiredis copies even nothing from the pointer, which an empty view may not have.
    starts.push_back(word.empty() ? "" : word.data());
    sizes.push_back(word.size());
  }
  char* made = nullptr;
  const int bytes = redisFormatCommandArgv(&made, static_cast<int>(words.size()), starts.data(), sizes.data());
  const std::unique_ptr<char, decltype(&std::free)> owner(made, &std::free);
  if (bytes < 0) throw std::bad_alloc{};
  to.append(made, static_cast<std::size_t>(bytes));
}

}  // namespace parley
