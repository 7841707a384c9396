# What a development node may be told to do wrong.
add_executable(faults_test delayed_event_log_test.cpp gated_fan_out_test.cpp watched_ownership_log_test.cpp)
target_link_libraries(faults_test PRIVATE parley_catch_main parley_faults parley_redis parley_memory parley_private_redis)
catch_discover_tests(faults_test TEST_PREFIX "faults." PROPERTIES LABELS contract)
