# Stored events: shared by the SQL adapters and the envelopes.
add_library(parley_event_codec STATIC event_codec.cpp)
target_link_libraries(parley_event_codec PUBLIC parley_core PRIVATE parley_proto parley_options)
