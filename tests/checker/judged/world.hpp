#pragma once

#include "tests/checker/history.hpp"

#include <map>
#include <random>
#include <string>
#include <vector>

namespace parley::checker::judged {

/// What a perfect node would have answered, drawn from a seed: rooms in memory, sessions that publish, edit, delete,
/// lose acks and repeat, readers that join, fall behind, are cut and resume; owner changes, retention, lost tails.
class world {
public:
  explicit world(std::uint64_t seed, unsigned steps = 90);
  history take() && { return std::move(out_); }

private:
  struct draft {
    name_id sender{};
    key_id key{};
    std::uint64_t content = 0;
    std::uint64_t body = 0;
    std::uint64_t target = 0;
    event_kind kind = event_kind::created;
  };
  struct room {
    room_id id{};
    std::vector<row> rows;  // from seq 1, the fallen ones too
    position floor;
    std::map<key_id, std::uint64_t> by_key;
  };
  struct reader {
    name_id name{};
    std::size_t room = 0;
    stream_id stream{};  // none: not connected
    position at;
    bool has_joined = false;
    bool is_live = false;
  };

  bool chance(double of);
  std::uint64_t below(std::uint64_t bound);
  std::uint64_t fresh();
  position head(const room& in) const;
  position at(const room& in, std::uint64_t seq) const;
  void step();
  void publish(room& in);
  void attempt(room& in, const std::vector<draft>& drafts, const std::string& session, unsigned depth);
  draft new_draft(room& in, name_id sender);
  std::pair<row, bool> store(room& in, const draft& what);
  void change_target(room& in, const row& change);
  void change_owner();
  void retain(room& in);
  void lose_tail(room& in);
  void step(reader& who);
  void join(reader& who);
  void read(reader& who, std::uint64_t most);
  void end();

  std::mt19937_64 random_;
  history out_;
  std::uint64_t ns_ = 0;
  std::uint64_t contents_ = 0;
  std::uint64_t keys_ = 0;
  std::uint64_t term_ = 1000;
  std::vector<room> rooms_;
  std::vector<reader> readers_;
};

}  // namespace parley::checker::judged
