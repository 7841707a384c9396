#include "node/ctl/table.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace parley::ctl {
namespace {

constexpr std::string_view gap = "  ";

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Characters, not bytes.
std::size_t width(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, is_continuation));
}

std::string line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
                 const std::vector<table::heading>& headings) {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string blanks(widths[i] - width(cells[i]), ' ');
    if (i > 0) out += gap;
    out += headings[i].side == align::right ? blanks + cells[i] : cells[i] + blanks;
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out + '\n';
}

}  // namespace

void table::add(std::vector<std::string> cells) {
  cells.resize(headings_.size());
  for (auto& cell : cells) cell = cell.empty() ? "-" : shown(cell);
  rows_.push_back(std::move(cells));
}

std::string table::text() const {
  std::vector<std::string> titles;
  std::vector<std::size_t> widths;
  for (const auto& column : headings_) {
    titles.push_back(column.text);
    widths.push_back(width(column.text));
  }
  for (const auto& cells : rows_) {
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], width(cells[i]));
  }
  auto out = line(titles, widths, headings_);
  for (const auto& cells : rows_) out += line(cells, widths, headings_);
  return out;
}

std::string shown(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (is_c1) ++i;  // U+0080 to U+009F
    out += byte < 0x20 || byte == 0x7F || is_c1 ? '?' : text[i];
  }
  return out;
}

std::string shown_duration(std::int64_t ms) {
  std::array<char, 32> text{};
  if (ms < 1'000)
    std::snprintf(text.data(), text.size(), "%lld ms", static_cast<long long>(ms));
  else if (ms < 120'000)
    std::snprintf(text.data(), text.size(), "%.1f s", static_cast<double>(ms) / 1000);
  else if (ms < 7'200'000)
    std::snprintf(text.data(), text.size(), "%lld min", static_cast<long long>(ms / 60'000));
  else
    std::snprintf(text.data(), text.size(), "%lld h", static_cast<long long>(ms / 3'600'000));
  return text.data();
}

}  // namespace parley::ctl
