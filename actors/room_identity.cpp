#include "actors/room_identity.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace parley {

room_ref identify(std::string_view instance, std::string_view room, std::uint32_t shards) {
  std::string name;
  name.reserve(instance.size() + 1 + room.size());
  name.append(instance).append(1, '\0').append(room);
  std::array<unsigned char, 32> hash{};
  if (EVP_Digest(name.data(), name.size(), hash.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 is not available in OpenSSL");
  }
  room_identity who{std::string(instance), std::string(room), {}, {}};
  std::copy_n(hash.begin(), who.key.bytes.size(), who.key.bytes.begin());
  std::uint64_t bucket = 0;
  for (int i = 0; i < 8; ++i) bucket = bucket << 8 | hash[static_cast<std::size_t>(i)];
  who.shard = shard_id{static_cast<std::uint32_t>(bucket % shards)};
  return std::make_shared<const room_identity>(std::move(who));
}

}  // namespace parley
