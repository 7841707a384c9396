# The same sentences over PostgreSQL, and those about its own faults. One program, one server: not a start per case.
add_library(parley_private_postgres STATIC ../support/private_postgres.cpp)
target_link_libraries(parley_private_postgres PUBLIC parley_options PRIVATE PostgreSQL::PostgreSQL)

# What knows no server.
add_executable(postgres_parts_test postgres_parts_test.cpp)
target_link_libraries(postgres_parts_test PRIVATE parley_catch_main parley_postgres)
catch_discover_tests(postgres_parts_test TEST_PREFIX "postgres." PROPERTIES LABELS contract)

add_executable(contract_postgres ${parley_log_contract} postgres_faults_test.cpp postgres_store.cpp
  postgres_failover_test.cpp postgres_schema_test.cpp postgres_shard_map_test.cpp postgres_sweep_test.cpp postgres_unknown_test.cpp postgres_wishes_test.cpp)
target_link_libraries(contract_postgres PRIVATE parley_catch_main parley_contract_steps parley_postgres
  parley_private_postgres parley_relay)
add_test(NAME contract_postgres COMMAND contract_postgres)
set_tests_properties(contract_postgres PROPERTIES LABELS "contract;integration" TIMEOUT 600)

# A shard's way between two servers, and between Redis endpoints, by what parleyctl does.
add_executable(contract_moves postgres_endpoints_test.cpp postgres_moves_test.cpp postgres_store.cpp)
target_link_libraries(contract_moves PRIVATE parley_catch_main parley_contract_steps parley_postgres parley_ctl
  parley_private_postgres)
add_test(NAME contract_moves COMMAND contract_moves)
set_tests_properties(contract_moves PROPERTIES LABELS "contract;integration" TIMEOUT 600)
