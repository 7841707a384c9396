#include "loadtest/bench/core_paths.hpp"
#include "loadtest/bench/given.hpp"
#include "loadtest/bench/publish_frames.hpp"
#include "loadtest/guard/hot_path.hpp"
#include "net/codec/content_digest.hpp"
#include "net/codec/json_decoder.hpp"
#include "net/codec/proto_decoder.hpp"
#include "net/codec/wire_form.hpp"
#include "net/limits.hpp"
#include "storage/envelope_codec.hpp"
#include "storage/event_codec.hpp"

#include <string>
#include <utility>
#include <vector>

/// What one message costs to read and to write, in each form that it takes on its way.
namespace parley::guard {
namespace {

/// A path whose rounds are calls of one function.
template <class Round>
hot_path path(std::string_view name, Round round) {
  return {name, 1, 64, 128, [round] { return std::function<bool()>(round); }};
}

hot_path encoding(std::string_view name, net::wire_form form, server_message message) {
  return path(name, [form, message = std::move(message)] {
    const auto bytes = net::wire_bytes(form, message, net::greeting{});
    use(bytes);
    return !bytes.empty();
  });
}

hot_path decode_json() {
  return path("decode.publish_json", [text = bench::json_publish(), bounds = net::limits{}] {
    return bench::is_publish(net::decode_json_frame(text, bounds));
  });
}

hot_path decode_proto() {
  return path("decode.publish_proto", [bytes = bench::proto_publish(), bounds = net::limits{}] {
    return bench::is_publish(net::decode_proto_frame(bytes, bounds));
  });
}

hot_path digest_of() {
  return path("digest.publish", [d = bench::draft_of(1)] {
    use(net::content_digest("publish", d->body, seq{0}));
    return true;
  });
}

hot_path encode_row() {
  return path("stored.encode", [e = bench::event_of(1)] { return !encode_stored(*e).empty(); });
}

hot_path decode_row() {
  const auto e = bench::event_of(1);
  return path("stored.decode",
              [e, bytes = encode_stored(*e)] { return decode_stored(e->term, e->seq, e->kind, bytes).has_value(); });
}

room_envelope envelope() { return {bench::room(1)->key, {}, bench::events(1)}; }

hot_path encode_copy() {
  return path("envelope.encode", [from = envelope()] { return encode_envelopes("cluster", from).size() == 1; });
}

hot_path decode_copy() {
  return path("envelope.decode", [bytes = encode_envelopes("cluster", envelope()).front()] {
    return decode_envelope("cluster", bytes).has_value();
  });
}

}  // namespace

std::vector<hot_path> codec_paths() {
  const server_message ack{7, reply::published{"room-1", {term{1'764'000'000'000}, seq{1}}, bench::today}};
  const server_message page{0, push::batch{"room-1", seq{0}, push::phase::history, bench::events(50)}};
  return {
      decode_json(),
      decode_proto(),
      digest_of(),
      encoding("encode.ack_json", net::wire_form::ws_json, ack),
      encoding("encode.ack_proto", net::wire_form::ws_proto, ack),
      encoding("encode.50_events_json", net::wire_form::ws_json, page),
      encoding("encode.50_events_proto", net::wire_form::ws_proto, page),
      encode_row(),
      decode_row(),
      encode_copy(),
      decode_copy(),
  };
}

}  // namespace parley::guard
