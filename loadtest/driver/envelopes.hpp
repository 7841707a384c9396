#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

/// The few requests and answers of docs/protocol.md that a load speaks.
namespace parley::load {

std::string connect_request(std::uint32_t id, std::string_view user);
std::string join_request(std::uint32_t id, std::string_view room, unsigned rewind);
std::string publish_request(std::uint32_t id, std::string_view room, std::string_view client_msg_id,
                            std::string_view text);

/// What one envelope said. Views end with the call.
struct answer {
  enum class kind : std::uint8_t { connected, joined, published, live, batch, catching_up, gap, error, other };
  kind what = kind::other;
  std::uint32_t id = 0;    ///< 0: a push
  std::string_view room;   ///< of joined, live, batch, catching_up and gap
  std::uint64_t seq = 0;   ///< published: its own; joined: where the stream starts; live: where it stands
  std::uint64_t head = 0;  ///< joined only
  std::string_view name;   ///< of an error
};

/// Told of each envelope of one text message, and before a batch's of each of its events.
struct answer_sink {
  std::function<void(const answer&)> answered = [](const answer&) {};
  /// @param prev the batch's, for its first event; 0 for the others
  std::function<void(std::string_view room, bool is_first, std::uint64_t prev, std::uint64_t seq)> event =
      [](std::string_view, bool, std::uint64_t, std::uint64_t) {};
};

/// @returns false for what is no message of the protocol
bool read_answers(std::string_view text, const answer_sink& sink);

}  // namespace parley::load
