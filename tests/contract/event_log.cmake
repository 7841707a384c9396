# The sentences that every event log and ownership log keeps; each adapter's program brings its own `make_store`.
add_library(parley_contract_steps STATIC steps.cpp)
target_link_libraries(parley_contract_steps PUBLIC parley_ports Catch2::Catch2 Threads::Threads PRIVATE parley_options)

set(parley_log_contract
  event_log_content_test.cpp
  event_log_random_test.cpp
  event_log_reads_test.cpp
  event_log_test.cpp
  ownership_log_test.cpp
)

add_executable(sqlite_writer sqlite_writer.cpp)
target_link_libraries(sqlite_writer PRIVATE parley_sqlite parley_options)

add_executable(contract_sqlite ${parley_log_contract} sqlite_store.cpp sqlite_commit_failure_test.cpp
  sqlite_process_test.cpp)
add_dependencies(contract_sqlite sqlite_writer)
target_compile_definitions(contract_sqlite PRIVATE PARLEY_SQLITE_WRITER="$<TARGET_FILE:sqlite_writer>")
target_link_libraries(contract_sqlite PRIVATE parley_catch_main parley_contract_steps parley_sqlite)
catch_discover_tests(contract_sqlite TEST_PREFIX "sqlite: " PROPERTIES LABELS contract)
