#pragma once

#include <span>
#include <string_view>

namespace parley::net {

/// One file of the page (web/demo), built into the program (net/embed_page.cmake).
struct page_file {
  std::string_view path;
  std::string_view bytes;
  std::string_view etag;
};

std::span<const page_file> page_files();

}  // namespace parley::net
