#pragma once

#include "actors/core/result.hpp"

#include <chrono>
#include <cstddef>
#include <string_view>

namespace parley {

/// What the PostgreSQL adapter counts. Called on its thread; every body must be quick.
class postgres_probe {
public:
  virtual ~postgres_probe() = default;

  virtual void link_opened(std::string_view /*role*/) {}
  virtual void link_lost(std::string_view /*role*/) {}
  virtual void connect_failed(std::string_view /*role*/) {}
  /// One append, from its call to its known commit.
  virtual void batch_committed(std::size_t /*events*/, std::chrono::nanoseconds /*took*/) {}
  virtual void batch_failed(errc /*why*/) {}
  virtual void duplicates_found(std::size_t /*keys*/) {}
  virtual void read_answered(std::chrono::nanoseconds /*took*/) {}
  virtual void read_failed(errc /*why*/) {}
  virtual void recovered() {}
  virtual void keys_swept(std::size_t /*keys*/) {}
};

}  // namespace parley
