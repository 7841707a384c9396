add_executable(codec_test codec_event_test.cpp codec_envelope_test.cpp envelope_seal_test.cpp)
target_link_libraries(codec_test PRIVATE parley_catch_main parley_envelope_codec parley_envelope_seal
  parley_event_codec parley_proto)
catch_discover_tests(codec_test TEST_PREFIX "codec." PROPERTIES LABELS contract)

add_executable(redis_parts_test cluster_book_property_test.cpp cluster_book_test.cpp redis_cluster_parts_test.cpp redis_parts_test.cpp
  sharded_subscription_book_test.cpp subscription_book_test.cpp)
target_link_libraries(redis_parts_test PRIVATE parley_catch_main parley_redis)
catch_discover_tests(redis_parts_test TEST_PREFIX "redis." PROPERTIES LABELS contract)

add_library(parley_private_redis STATIC ../support/private_redis.cpp ../support/private_redis_cluster.cpp)
target_link_libraries(parley_private_redis PRIVATE PkgConfig::hiredis parley_options)

add_executable(fan_out_test fan_out_test.cpp fan_out_redis_test.cpp try_endpoint_test.cpp)
target_link_libraries(fan_out_test PRIVATE parley_catch_main parley_redis parley_memory parley_faults
  parley_private_redis)
catch_discover_tests(fan_out_test TEST_PREFIX "fan_out." PROPERTIES LABELS integration)

# One program and one test: they share a cluster, which takes some seconds to meet.
add_executable(fan_out_cluster_test fan_out_test.cpp fan_out_cluster_test.cpp)
target_compile_definitions(fan_out_cluster_test PRIVATE PARLEY_OVER_A_CLUSTER)
target_link_libraries(fan_out_cluster_test PRIVATE parley_catch_main parley_redis parley_memory parley_faults
  parley_private_redis)
add_test(NAME fan_out_cluster COMMAND fan_out_cluster_test)
set_tests_properties(fan_out_cluster PROPERTIES LABELS integration)
