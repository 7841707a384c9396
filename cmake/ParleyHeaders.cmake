# Long headers that many files include are read once a build: a third of what those files cost to compile. They change
# nothing that a file may use: the tsan preset, which has no precompiled headers, finds what a file forgot to include.
set(standard_headers <algorithm> <chrono> <cstdint> <deque> <functional> <map> <memory> <optional> <span> <string>
  <string_view> <unordered_map> <utility> <variant> <vector>)
set(asio_headers <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp> <boost/asio/post.hpp>
  <boost/asio/steady_timer.hpp> <boost/asio/write.hpp>)
set(beast_headers <boost/asio/ssl/context.hpp> <boost/beast/http/parser.hpp> <boost/beast/http/read.hpp>
  <boost/beast/websocket/stream.hpp>)

# parley_headers(name libraries header...): a precompiled header for those who REUSE_FROM it
function(parley_headers name libraries)
  add_library(${name} STATIC ${CMAKE_SOURCE_DIR}/cmake/precompiled_headers.cpp)
  target_link_libraries(${name} PRIVATE ${libraries} parley_options)
  target_precompile_headers(${name} PRIVATE ${ARGN})
endfunction()

parley_headers(parley_standard_headers Threads::Threads ${standard_headers})
parley_headers(parley_asio_headers parley_boost ${standard_headers} ${asio_headers})
parley_headers(parley_beast_headers "parley_boost;OpenSSL::SSL" ${standard_headers} ${asio_headers} ${beast_headers})
parley_headers(parley_cli_headers "parley_boost;CLI11::CLI11" ${standard_headers} <CLI/CLI.hpp> <boost/json/array.hpp>
  <boost/json/object.hpp>)

# hiredis' own flags make another compiler of its users: theirs cannot be shared.
function(parley_own_asio_headers target)
  target_precompile_headers(${target} PRIVATE ${standard_headers} ${asio_headers})
endfunction()

# parley_reads(headers target...): the targets' files start with those headers
function(parley_reads headers)
  foreach(target IN LISTS ARGN)
    target_precompile_headers(${target} REUSE_FROM ${headers})
  endforeach()
endfunction()

option(PARLEY_BATCHES "Compile libraries in batches of files: quicker from cold, slower after a change to one file" OFF)

# parley_in_batches(size target...): so many of the target's files are one to the compiler. Names in unnamed namespaces
# of one target differ therefore.
function(parley_in_batches size)
  if(NOT PARLEY_BATCHES)
    return()
  endif()
  set_target_properties(${ARGN} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${size})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    foreach(target IN LISTS ARGN)
      target_compile_options(${target} PRIVATE -Wno-subobject-linkage)  # takes the files of a batch for headers
    endforeach()
  endif()
endfunction()
