#include "net/admission.hpp"

namespace parley::net {

admission::place_ptr admission::enter(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto& taken = taken_[name];
  if (taken >= places_max_) return nullptr;
  ++taken;
  return std::make_unique<place>(*this, name);
}

void admission::leave(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = taken_.find(name);
  if (--found->second == 0) taken_.erase(found);
}

}  // namespace parley::net
