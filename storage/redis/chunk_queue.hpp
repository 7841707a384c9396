#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <utility>

namespace parley {

/// Commands that wait for a link, joined into chunks of which each is one write.
class chunk_queue {
public:
  static constexpr std::size_t chunk_bytes = 64u << 10;

  void append(std::string command) {
    bytes_ += command.size();
    ++commands_;
    if (!chunks_.empty() && chunks_.back().bytes.size() + command.size() <= chunk_bytes) {
      chunks_.back().bytes += command;
      ++chunks_.back().commands;
    } else {
      chunks_.push_back({std::move(command), 1});
    }
  }
  void append(chunk_queue other) {
    for (auto& each : other.chunks_) chunks_.push_back(std::move(each));
    bytes_ += other.bytes_;
    commands_ += other.commands_;
  }
  /// Overtakes what waits.
  void put_first(std::string command) {
    bytes_ += command.size();
    ++commands_;
    chunks_.push_front({std::move(command), 1});
  }
  /// Not from an empty queue.
  std::string take() {
    chunk first = std::move(chunks_.front());
    chunks_.pop_front();
    bytes_ -= first.bytes.size();
    commands_ -= first.commands;
    return std::move(first.bytes);
  }

  bool empty() const { return chunks_.empty(); }
  std::size_t bytes() const { return bytes_; }
  std::size_t commands() const { return commands_; }

private:
  struct chunk {
    std::string bytes;
    std::size_t commands;
  };

  std::deque<chunk> chunks_;
  std::size_t bytes_ = 0;
  std::size_t commands_ = 0;
};

}  // namespace parley
