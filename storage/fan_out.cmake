# Stored events: shared by the SQL adapters and the envelopes.
add_library(parley_event_codec STATIC event_codec.cpp)
target_link_libraries(parley_event_codec PUBLIC parley_core PRIVATE parley_proto parley_options)

add_library(parley_envelope_codec STATIC envelope_codec.cpp)
target_link_libraries(parley_envelope_codec PUBLIC parley_ports PRIVATE parley_event_codec parley_proto parley_options)

add_library(parley_envelope_seal STATIC envelope_seal.cpp)
target_link_libraries(parley_envelope_seal PRIVATE OpenSSL::Crypto parley_options)

# In-process: the live path of the embedded node.
add_library(parley_memory STATIC memory/memory_fan_out.cpp)
target_link_libraries(parley_memory PUBLIC parley_ports Threads::Threads PRIVATE parley_options)

# Redis: hiredis reads and formats, Asio carries.
add_library(parley_redis STATIC
  redis/cluster_book.cpp
  redis/cluster_links.cpp
  redis/endpoint_links.cpp
  redis/map_question.cpp
  redis/redirection.cpp
  redis/redis_fan_out.cpp
  redis/redis_link.cpp
  redis/redis_url.cpp
  redis/resp_command.cpp
  redis/resp_reader.cpp
  redis/slot_map.cpp
  redis/subscription_book.cpp
  redis/try_endpoint.cpp
)
target_link_libraries(parley_redis
  PUBLIC parley_ports parley_envelope_codec parley_envelope_seal parley_boost
  PRIVATE PkgConfig::hiredis Boost::url parley_options)
