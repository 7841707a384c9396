#pragma once

#include <string>
#include <string_view>

namespace parley::load::reporting {

/// Text for HTML, inside an element or a quoted attribute. Whatever a result file says passes through here.
std::string escaped(std::string_view text);

/// A JSON text for a <script type="application/json"> block: no byte of it can end the block or open a comment.
std::string escaped_json(std::string_view json);

}  // namespace parley::load::reporting
