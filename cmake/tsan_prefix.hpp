// Included before everything else in the ThreadSanitizer build, by whoever sees Protobuf.
#pragma once

// The standard library first: it takes other paths under TSan, and has to.
#include <bits/c++config.h>

// With this, Protobuf's map_field.h adds members that the packaged libprotobuf does not have: another layout, and a
// crash in the first message that holds a map.
#undef __SANITIZE_THREAD__
