#pragma once

#include "storage/faults/gated_fan_out.hpp"
#include "storage/memory/memory_fan_out.hpp"
#include "tests/contract/fan_out_rigs.hpp"

#include <memory>

namespace parley::testing {

/// The embedded node's with the gate of a development node before it, which stands open.
class gated_memory_rig {
public:
  gated_memory_rig() { gate_.attach(sink_); }

  fan_out& writer() { return gate_; }
  fan_out& reader() { return gate_; }
  recording_sink& sink() { return *sink_; }

private:
  std::shared_ptr<recording_sink> sink_ = std::make_shared<recording_sink>();
  memory_fan_out beneath_;
  gated_fan_out gate_{beneath_};
};

}  // namespace parley::testing
