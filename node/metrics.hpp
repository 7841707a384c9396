#pragma once

#include "actors/chat_probe.hpp"
#include "net/front_probe.hpp"
#include "net/peer/peer_probe.hpp"
#include "storage/postgres/postgres_probe.hpp"
#include "storage/redis/redis_probe.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace parley {

/// What the node counts, as Prometheus reads it: one implementation per component's probe. Labels never carry a room or
/// a user; `database` and `endpoint` are places in the configuration, from 1.
class metrics {
public:
  metrics(const std::string& version, std::size_t databases, std::size_t endpoints);
  ~metrics();

  chat_probe& chat();
  net::front_probe& front();
  net::peer_probe& peers();
  postgres_probe& postgres(std::size_t place);
  redis_probe& redis(std::size_t place);

  /// A value that is read when Prometheus asks. `what` must live as long as this, and be thread-safe.
  void watch(const std::string& name, const std::string& help, std::function<double()> what);

  /// The exposition format 0.0.4. Thread-safe.
  std::string text() const;

private:
  struct probes;
  std::unique_ptr<probes> probes_;
};

}  // namespace parley
