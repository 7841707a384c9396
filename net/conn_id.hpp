#pragma once

#include <string>

namespace parley::net {

/// 32 random hexadecimal digits: names one connection in logs and to its client. Thread-safe.
std::string make_conn_id();

}  // namespace parley::net
