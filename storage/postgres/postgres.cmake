# The schema's steps travel inside the program. A step once released never changes: add the next file.
set(postgres_generated ${CMAKE_CURRENT_BINARY_DIR}/postgres_generated)
set(PARLEY_MIGRATIONS "")
foreach(step IN ITEMS 0001_log 0002_cluster 0003_shard_map 0004_places 0005_endpoints)
  set(step_file ${CMAKE_CURRENT_LIST_DIR}/migrations/${step}.sql)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${step_file})
  file(READ ${step_file} step_sql)
  string(APPEND PARLEY_MIGRATIONS "  {\"${step}\", R\"sql(${step_sql})sql\"},\n")
endforeach()
configure_file(${CMAKE_CURRENT_LIST_DIR}/migrations.hpp.in
               ${postgres_generated}/storage/postgres/migrations.hpp @ONLY)

add_library(parley_postgres STATIC
  postgres/append_request.cpp
  postgres/database_links.cpp
  postgres/database_writes.cpp
  postgres/dsn.cpp
  postgres/exchange.cpp
  postgres/link.cpp
  postgres/link_connect.cpp
  postgres/link_pool.cpp
  postgres/page_rows.cpp
  postgres/parameters.cpp
  postgres/postgres_database.cpp
  postgres/prepare_postgres.cpp
  postgres/rows.cpp
  postgres/shard_map.cpp
  postgres/start_session.cpp
  postgres/server_refusal.cpp
  postgres/statements.cpp)
target_include_directories(parley_postgres PRIVATE ${postgres_generated})
target_link_libraries(parley_postgres
  PUBLIC parley_ports parley_boost PostgreSQL::PostgreSQL PRIVATE parley_event_codec parley_options)
