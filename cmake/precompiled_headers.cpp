// What a precompiled header is made for: cmake/ParleyHeaders.cmake.
