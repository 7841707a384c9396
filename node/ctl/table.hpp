#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::ctl {

enum class align : std::uint8_t { left, right };

/// Rows of text under headings, in columns as wide as their widest cell.
class table {
public:
  struct heading {
    std::string text;
    align side = align::left;
  };

  explicit table(std::vector<heading> headings) : headings_(std::move(headings)) {}
  /// An empty cell is shown as `-`.
  void add(std::vector<std::string> cells);
  std::string text() const;

private:
  std::vector<heading> headings_;
  std::vector<std::vector<std::string>> rows_;
};

/// What a terminal would obey becomes `?`: names of rooms come from clients.
std::string shown(std::string_view text);
/// As somebody would say it: 350 ms, 2.4 s, 3 min, 5 h.
std::string shown_duration(std::int64_t ms);

}  // namespace parley::ctl
