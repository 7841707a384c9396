# SQLite: the embedded node's store.
add_library(parley_sqlite STATIC
  sqlite/connection.cpp
  sqlite/dedup_keys.cpp
  sqlite/fence.cpp
  sqlite/file_lease.cpp
  sqlite/leases.cpp
  sqlite/open_database.cpp
  sqlite/reads.cpp
  sqlite/rooms.cpp
  sqlite/schema.cpp
  sqlite/sqlite_database.cpp
  sqlite/worker.cpp
  sqlite/writes.cpp
)
target_link_libraries(parley_sqlite PUBLIC parley_ports SQLite::SQLite3 Threads::Threads
  PRIVATE parley_event_codec parley_clock parley_options)

include(${CMAKE_CURRENT_LIST_DIR}/postgres/postgres.cmake)
