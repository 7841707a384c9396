#pragma once

#include <caf/allowed_unsafe_message_type.hpp>

/// Allows CAF to carry a type between actors of one process, by value, without serializing it. Outside any namespace.
#define PARLEY_LOCAL_MESSAGE(name) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(parley::msg::name)
