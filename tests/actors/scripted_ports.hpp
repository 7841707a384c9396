#pragma once

#include "actors/chat_probe.hpp"
#include "actors/ports/event_log.hpp"
#include "actors/ports/fan_out.hpp"
#include "actors/ports/live_front.hpp"
#include "actors/ports/log.hpp"
#include "actors/ports/machine_clock.hpp"
#include "actors/ports/ownership_log.hpp"
#include "tests/core/given.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

/// The ports of the actors, as their tests see them: they remember what they were asked, and the test answers.
namespace parley::testing {

/// A question and the way of its answer.
template <class Question, class Answer>
struct asked {
  Question what;
  completion<Answer> answer;
};

class hand_clock final : public machine_clock {
public:
  instant boot_now() const override { return now; }
  unix_time unix_now() const override { return today; }
  instant now = noon;
};

class scripted_log final : public event_log {
public:
  void append(append_batch batch, completion<append_outcome> done) override {
    appends.push_back({std::move(batch), std::move(done)});
  }
  void recover(recover_request request, completion<recovered> done) override {
    recoveries.push_back({std::move(request), std::move(done)});
  }
  void range(range_query query, completion<range_page> done) override {
    ranges.push_back({std::move(query), std::move(done)});
  }
  void history(history_query query, completion<history_page> done) override {
    histories.push_back({std::move(query), std::move(done)});
  }
  void heads(std::vector<room_ref> rooms, completion<std::vector<marked_head>> done) override {
    head_reads.push_back({std::move(rooms), std::move(done)});
  }
  void marks(std::vector<shard_id> shards, completion<std::vector<shard_mark>> done) override {
    polls.push_back({std::move(shards), std::move(done)});
  }
  void trim(std::string, shard_fence, room_ref, position, completion<shard_verdict>) override {}

  std::vector<asked<append_batch, append_outcome>> appends;
  std::vector<asked<recover_request, recovered>> recoveries;
  std::vector<asked<range_query, range_page>> ranges;
  std::vector<asked<history_query, history_page>> histories;
  std::vector<asked<std::vector<room_ref>, std::vector<marked_head>>> head_reads;
  std::vector<asked<std::vector<shard_id>, std::vector<shard_mark>>> polls;
};

class scripted_owners final : public ownership_log {
public:
  void renew(node_identity, lease_wish wish, completion<lease_renewal> done) override {
    renewals.push_back({std::move(wish), std::move(done)});
  }
  void survey(completion<std::vector<shard_row>> done) override { surveys.push_back({0, std::move(done)}); }
  void departed(completion<std::vector<shard_id>> done) override { done(std::vector<shard_id>{}); }
  void claim(node_identity, std::vector<shard_claim> wanted, completion<std::vector<claimed_shard>> done) override {
    claims.push_back({std::move(wanted), std::move(done)});
  }
  void yield(node_identity, std::vector<owned_shard> shards, completion<std::size_t> done) override {
    yields.push_back({std::move(shards), std::move(done)});
  }
  void release(node_identity, completion<std::size_t> done) override { releases.push_back({0, std::move(done)}); }

  std::vector<asked<lease_wish, lease_renewal>> renewals;
  std::vector<asked<int, std::vector<shard_row>>> surveys;
  std::vector<asked<std::vector<shard_claim>, std::vector<claimed_shard>>> claims;
  std::vector<asked<std::vector<owned_shard>, std::size_t>> yields;
  std::vector<asked<int, std::size_t>> releases;
};

class recording_fan_out final : public fan_out {
public:
  void attach(std::shared_ptr<fan_out_sink> sink) override { sink_ = std::move(sink); }
  void subscribe(room_ref room) override { rooms.push_back('+' + room->room); }
  void unsubscribe(room_ref room) override { rooms.push_back('-' + room->room); }
  void subscribe(shard_id shard) override { shards.push_back('+' + std::to_string(shard.value)); }
  void unsubscribe(shard_id shard) override { shards.push_back('-' + std::to_string(shard.value)); }
  void publish(room_ref, room_envelope envelope) override { envelopes.push_back(std::move(envelope)); }
  void publish(beacon b) override { beacons.push_back(std::move(b)); }

  std::vector<std::string> rooms, shards;  ///< "+general": subscribed, "-general": no longer
  std::vector<room_envelope> envelopes;
  std::vector<beacon> beacons;

private:
  std::shared_ptr<fan_out_sink> sink_;
};

class recording_front final : public live_front {
public:
  void open(thread_index thread, room_ref, position at) override { note("open", {&thread, 1}, at); }
  void deliver(std::span<const thread_index> threads, room_ref, position, event_list events) override {
    note("deliver", threads, events.back()->at_position());
  }
  void say_head(std::span<const thread_index> threads, room_ref, position at) override { note("head", threads, at); }
  void reset(std::span<const thread_index> threads, room_ref, position at) override { note("reset", threads, at); }
  void close(thread_index thread, room_ref) override { note("close", {&thread, 1}, {}); }

  std::vector<std::string> told;  ///< "open 5 of 0": at seq 5, on thread 0

private:
  void note(const char* what, std::span<const thread_index> threads, position at) {
    for (const auto t : threads)
      told.push_back(std::string{what} + ' ' + std::to_string(at.seq.value) + " of " + std::to_string(t.value));
  }
};

class silent_lines final : public log {
public:
  bool is_on(log_level) const override { return false; }
  void write(log_level, std::string_view, std::initializer_list<log_field>) override {}
};

struct counting_probe final : chat_probe {
  void room_woken() override { ++woken; }
  void room_slept() override { ++slept; }
  void feed_opened() override { ++feeds; }
  void feed_closed() override { --feeds; }
  void shard_opened() override { ++shards; }
  void shard_lost() override { --shards; }
  int woken = 0, slept = 0, feeds = 0, shards = 0;
};

}  // namespace parley::testing
