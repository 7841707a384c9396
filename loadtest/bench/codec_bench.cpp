#include "loadtest/bench/given.hpp"
#include "loadtest/bench/publish_frames.hpp"
#include "net/codec/content_digest.hpp"
#include "net/codec/json_decoder.hpp"
#include "net/codec/proto_decoder.hpp"
#include "net/codec/wire_form.hpp"
#include "storage/envelope_codec.hpp"
#include "storage/event_codec.hpp"

#include <benchmark/benchmark.h>

/// What one message costs to read and to write, in each form that it takes on its way.
namespace parley::bench {
namespace {

void decode_publish_json(benchmark::State& state) {
  const net::limits bounds;
  const auto text = json_publish();
  if (!is_publish(net::decode_json_frame(text, bounds))) return state.SkipWithError("not a publish");
  for (auto _ : state) benchmark::DoNotOptimize(net::decode_json_frame(text, bounds));
}
BENCHMARK(decode_publish_json);

void decode_publish_proto(benchmark::State& state) {
  const net::limits bounds;
  const auto bytes = proto_publish();
  if (!is_publish(net::decode_proto_frame(bytes, bounds))) return state.SkipWithError("not a publish");
  for (auto _ : state) benchmark::DoNotOptimize(net::decode_proto_frame(bytes, bounds));
}
BENCHMARK(decode_publish_proto);

void encode_batch(benchmark::State& state, net::wire_form form) {
  const server_message message{
      0, push::batch{"room-1", seq{0}, push::phase::live, events(static_cast<std::uint64_t>(state.range(0)))}};
  for (auto _ : state) benchmark::DoNotOptimize(net::wire_bytes(form, message, net::greeting{}));
  state.SetItemsProcessed(state.range(0) * state.iterations());
}
BENCHMARK_CAPTURE(encode_batch, json, net::wire_form::ws_json)->Arg(1)->Arg(50);
BENCHMARK_CAPTURE(encode_batch, proto, net::wire_form::ws_proto)->Arg(1)->Arg(50);

void content_digest(benchmark::State& state) {
  const auto d = draft_of(1);
  for (auto _ : state) benchmark::DoNotOptimize(net::content_digest("publish", d->body, seq{0}));
}
BENCHMARK(content_digest);

void encode_stored_event(benchmark::State& state) {
  const auto e = event_of(1);
  for (auto _ : state) benchmark::DoNotOptimize(encode_stored(*e));
}
BENCHMARK(encode_stored_event);

void decode_stored_event(benchmark::State& state) {
  const auto e = event_of(1);
  const auto bytes = encode_stored(*e);
  for (auto _ : state) benchmark::DoNotOptimize(decode_stored(e->term, e->seq, e->kind, bytes));
}
BENCHMARK(decode_stored_event);

void encode_redis_envelope(benchmark::State& state) {
  const room_envelope from{room(1)->key, {}, events(static_cast<std::uint64_t>(state.range(0)))};
  for (auto _ : state) benchmark::DoNotOptimize(encode_envelopes("cluster", from));
  state.SetItemsProcessed(state.range(0) * state.iterations());
}
BENCHMARK(encode_redis_envelope)->Arg(1)->Arg(50);

void decode_redis_envelope(benchmark::State& state) {
  const auto bytes =
      encode_envelopes("cluster", {room(1)->key, {}, events(static_cast<std::uint64_t>(state.range(0)))}).front();
  if (!decode_envelope("cluster", bytes)) return state.SkipWithError("not decoded");
  for (auto _ : state) benchmark::DoNotOptimize(decode_envelope("cluster", bytes));
  state.SetItemsProcessed(state.range(0) * state.iterations());
}
BENCHMARK(decode_redis_envelope)->Arg(1)->Arg(50);

}  // namespace
}  // namespace parley::bench
