#pragma once

#include "net/http/http_answer.hpp"

#include <string_view>

namespace parley::net {

/// The answer for a file of the page: 304 where the browser has it already, 404 where there is none.
http_answer page_answer(std::string_view path, std::string_view if_none_match);

}  // namespace parley::net
