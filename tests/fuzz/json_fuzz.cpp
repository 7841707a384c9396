#include "net/codec/json_decoder.hpp"
#include "net/validation.hpp"

#include <cstdlib>

/// What was decoded keeps the rules that the actors rely on: ids of their alphabet, texts without NUL, numbers below
/// 2^53.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace parley;
  using namespace parley::net;
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  const auto frame = decode_json_frame(text, limits{});
  (void)decode_json_publish(text, "room", "key", limits{});
  if (!frame) return 0;
  for (const auto& one : *frame) {
    if (const auto* publish = std::get_if<request::publish>(&one.body)) {
      const auto& draft = publish->draft;
      if (!is_id(publish->room) || !is_text(draft.body.text) || draft.reply_to.value > json_integer_max) std::abort();
      if (!draft.client_msg_id.empty() && !is_client_msg_id(draft.client_msg_id)) std::abort();
      // Its metadata is compact JSON: it must come back as it is.
      const auto again = decode_json_frame("{\"publish\":{\"room\":\"r\",\"text\":\"x\",\"metadata\":" +
                                               (draft.body.metadata.empty() ? "{}" : draft.body.metadata) + "}}",
                                           limits{});
      const auto* second = again ? std::get_if<request::publish>(&again->front().body) : nullptr;
      if (second == nullptr) std::abort();
      if (!draft.body.metadata.empty() && second->draft.body.metadata != draft.body.metadata) std::abort();
    }
    if (const auto* join = std::get_if<request::join>(&one.body)) {
      if (!is_id(join->room) || (join->options.rewind && join->options.since)) std::abort();
      if (join->options.max == 0 || join->options.max > 1000) std::abort();
    }
    if (const auto* history = std::get_if<request::history>(&one.body))
      if (history->limit == 0 || history->limit > 200 || history->seq.value > json_integer_max) std::abort();
  }
  return 0;
}
