# Decorators of the ports with which a development node is told to misbehave. Production has none of them in its chain.
add_library(parley_faults STATIC
  faults/delayed_event_log.cpp
  faults/gated_fan_out.cpp
  faults/watched_ownership_log.cpp
)
target_link_libraries(parley_faults PUBLIC parley_ports parley_boost PRIVATE parley_options)
