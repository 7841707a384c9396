#pragma once

#include "loadtest/load/connection.hpp"
#include "loadtest/load/parameters.hpp"
#include "loadtest/load/recorder.hpp"
#include "loadtest/load/room_check.hpp"
#include "loadtest/load/violations.hpp"
#include "loadtest/load/ways.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace parley::load {

/// What all clients of one run share. One thread.
class stage {
public:
  /// @param rooms how many there are
  stage(const parameters& values, std::size_t rooms, timed shown);

  /// Also made longer names of: "load-18c2-7".
  std::string room_name(std::size_t number) const { return prefix_ + std::to_string(number); }
  /// None for a name that is not one of this run's rooms.
  std::optional<std::size_t> room_number(std::string_view name) const;
  void violated(const std::string& client, std::size_t room, const broken& wrong);
  void violated(const std::string& client, std::string_view room, const char* rule, const std::string& saw);

  /// The key of what was due then: no two publishes of a run share one.
  event_key next_key(std::int64_t due_ns) { return last_key_ = std::max(due_ns, last_key_ + 1); }
  encoding next_encoding();
  answer_reader& reader(encoding form) { return form == encoding::json ? *json_ : *proto_; }

  const parameters values;
  boost::asio::io_context io;
  connection_context context{io};
  room_check rooms;
  recorder measured;
  load::violations found;
  load::ways ways;         ///< of writers and joiners, and of readers that have none of their own
  load::ways reader_ways;  ///< empty: the same

private:
  std::string prefix_;
  event_key last_key_ = 0;
  std::size_t next_encoding_ = 0;
  std::unique_ptr<answer_reader> json_ = make_json_reader(), proto_ = make_proto_reader();
};

}  // namespace parley::load
