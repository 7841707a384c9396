#pragma once

#include "loadtest/load/answers.hpp"

#include <string_view>
#include <vector>

namespace parley::load {

/// Reads what most of a load's answers are, batches of plain messages and acks exactly as Parley writes them, in one
/// pass and without a tree. Keeps its memory.
class plain_json {
public:
  /// @returns false for anything else, also where only a part is: nothing was told then
  bool read(std::string_view message, answer_sink& sink);

private:
  bool take(std::string_view literal);
  bool take_number(std::uint64_t& number);
  /// Up to the closing quote, escapes and all; `has_escapes` is set.
  bool take_string(std::string_view& text, bool& has_escapes);
  bool take_envelope();
  bool take_batch();
  bool take_event();
  bool take_published();

  std::string_view rest_;
  std::vector<answer> answers_;
  std::vector<std::size_t> ends_;  ///< of each answer's events
  std::vector<seen_event> events_;
};

}  // namespace parley::load
