// What Redis can do for the way of an event to another node, with nothing around it: a part of goal P6's reference. One
// connection publishes when a message is due, another one has subscribed; the time runs from due to received.
#include "loadtest/limits/punctual.hpp"
#include "loadtest/load/latency_histogram.hpp"

#include <hiredis/hiredis.h>
#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace {

using clock = std::chrono::steady_clock;

struct options {
  int port = 0;
  int payload = 400;  // bytes: an envelope with a 160 B text
  double rate = 1000;
  double warm_up = 1, seconds = 20;
};

struct context_end {
  void operator()(redisContext* c) const { redisFree(c); }
};
struct reply_end {
  void operator()(void* r) const { freeReplyObject(r); }
};
using context = std::unique_ptr<redisContext, context_end>;
using reply = std::unique_ptr<redisReply, reply_end>;

[[noreturn]] void fail(const char* what, const std::string& why) {
  std::fprintf(stderr, "redis_hop: %s: %s\n", what, why.c_str());
  std::exit(1);
}

context connect(int port) {
  context c(redisConnect("127.0.0.1", port));
  if (!c || c->err != 0) fail("connect", c ? c->errstr : "no memory");
  redisEnableKeepAlive(c.get());
  return c;
}

reply next(redisContext& from) {
  void* got = nullptr;
  if (redisGetReply(&from, &got) != REDIS_OK) fail("reply", from.errstr);
  return reply(static_cast<redisReply*>(got));
}

void measure(const options& o) {
  const auto publisher = connect(o.port), subscriber = connect(o.port);
  const std::string channel = "parley_redis_hop", payload(static_cast<std::size_t>(o.payload), 'x');
  redisAppendCommand(subscriber.get(), "SUBSCRIBE %s", channel.c_str());
  (void)next(*subscriber);
  parley::load::latency_histogram latencies;
  const auto period = std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(1 / o.rate));
  const auto begin =
      clock::now() + std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(o.warm_up));
  const auto end = begin + std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(o.seconds));
  bool has_begun = false;
  for (auto due = clock::now(); due < end; due += period) {
    if (due >= begin && !std::exchange(has_begun, true)) {
      latencies.clear();
      std::puts("begin");
      std::fflush(stdout);
    }
    std::this_thread::sleep_until(due);
    redisAppendCommand(publisher.get(), "PUBLISH %s %b", channel.c_str(), payload.data(), payload.size());
    int is_done = 0;
    while (is_done == 0)
      if (redisBufferWrite(publisher.get(), &is_done) != REDIS_OK) fail("publish", publisher->errstr);
    (void)next(*subscriber);
    latencies.add(clock::now() - due);
    (void)next(*publisher);
  }
  const auto us = [&](double share) { return static_cast<double>(latencies.at(share).count()) / 1e3; };
  std::printf("{\"hops\":%llu,\"hop_p50_us\":%.1f,\"hop_p99_us\":%.1f}\n",
              static_cast<unsigned long long>(latencies.count()), us(0.5), us(0.99));
}

}  // namespace

int main(int argc, char** argv) {
  options o;
  CLI::App app{
      "Publishes to one channel and receives from it. Prints `begin`, then one line of JSON.\n"
      "Exit codes: 0 measured, 1 failed, 2 usage."};
  app.add_option("--port", o.port, "of a Redis server on loopback")->required()->check(CLI::Range(1, 65535));
  app.add_option("--payload", o.payload, "bytes")->capture_default_str()->check(CLI::Range(1, 1 << 20));
  app.add_option("--rate", o.rate, "publishes/s")->capture_default_str()->check(CLI::Range(1, 100000));
  app.add_option("--warm-up", o.warm_up, "seconds before what is measured")->capture_default_str();
  app.add_option("--seconds", o.seconds, "what is measured")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong) == 0 ? 0 : 2;
  }
  parley::limits::be_punctual();
  measure(o);
  return 0;
}
