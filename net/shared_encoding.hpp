#pragma once

#include "net/codec/wire_form.hpp"

#include <array>
#include <mutex>
#include <string>

namespace parley::net {

/// One push's bytes, made at most once per wire form, by whoever asks first, and only in the forms that somebody reads.
/// Thread-safe.
class shared_encoding {
public:
  template <class Make>
  const std::string& bytes(wire_form form, Make make) const {
    auto& slot = forms_[static_cast<std::size_t>(form)];
    std::call_once(slot.once, [&] { slot.bytes = wire_bytes(form, server_message{0, make()}, greeting{}); });
    return slot.bytes;
  }

private:
  struct encoded {
    std::once_flag once;
    std::string bytes;
  };
  mutable std::array<encoded, 3> forms_;
};

}  // namespace parley::net
