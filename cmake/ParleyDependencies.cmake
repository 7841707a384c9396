find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS system json url)
find_package(OpenSSL REQUIRED)
find_package(Protobuf REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 QUIET)

# What parleyd's memory comes from (docs/decisions/0011-jemalloc.md). Sanitizers and debuggers bring their own.
set(PARLEY_ALLOCATOR "" CACHE STRING "jemalloc or system; empty: jemalloc in a release without sanitizers")
if(PARLEY_ALLOCATOR STREQUAL "jemalloc" OR
   (PARLEY_ALLOCATOR STREQUAL "" AND CMAKE_BUILD_TYPE STREQUAL "Release" AND PARLEY_SANITIZE STREQUAL ""))
  pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc)
  add_library(parley_allocator INTERFACE)
  # Named, not needed by any symbol: a linker that drops such libraries must keep this one.
  target_link_options(parley_allocator INTERFACE -Wl,--no-as-needed)
  target_link_libraries(parley_allocator INTERFACE PkgConfig::jemalloc)
else()
  add_library(parley_allocator INTERFACE)
endif()

# CAF 0.17.6 ships neither CMake nor pkg-config files.
find_path(CAF_INCLUDE_DIR caf/all.hpp REQUIRED)
find_library(CAF_CORE_LIBRARY caf_core HINTS ${PARLEY_CAF_ROOT}/lib REQUIRED)
add_library(caf::core UNKNOWN IMPORTED)
set_target_properties(caf::core PROPERTIES
  IMPORTED_LOCATION ${CAF_CORE_LIBRARY}
  INTERFACE_INCLUDE_DIRECTORIES ${CAF_INCLUDE_DIR})
target_link_libraries(caf::core INTERFACE Threads::Threads)

# Asio's completion handlers never need the first three, and each saves compile time or a surprise. What Asio and Beast
# have besides templates is compiled once, in a file of its own, and not in each that uses them: a fifth of their cost.
add_library(parley_boost INTERFACE)
target_link_libraries(parley_boost INTERFACE Boost::headers Boost::system Boost::json Threads::Threads)
target_compile_definitions(parley_boost INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_USE_STD_STRING_VIEW BOOST_ASIO_DISABLE_SERIAL_PORT
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION)
add_library(parley_asio STATIC ${CMAKE_SOURCE_DIR}/cmake/asio_and_beast.cpp)
target_compile_definitions(parley_asio PRIVATE $<TARGET_PROPERTY:parley_boost,INTERFACE_COMPILE_DEFINITIONS>)
target_link_libraries(parley_asio PUBLIC Boost::headers Boost::system OpenSSL::SSL Threads::Threads)
target_link_libraries(parley_boost INTERFACE parley_asio)

if(NOT TARGET CLI11::CLI11)
  find_path(CLI11_INCLUDE_DIR CLI/CLI.hpp REQUIRED)
  add_library(CLI11::CLI11 INTERFACE IMPORTED)
  target_include_directories(CLI11::CLI11 INTERFACE ${CLI11_INCLUDE_DIR})
endif()
