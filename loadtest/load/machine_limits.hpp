#pragma once

#include "loadtest/load/connection.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace parley::load {

/// Of `ws://HOST:PORT`, by name or address.
/// @throws refusal where it is no such text (usage) or its name is unknown (unreachable)
route resolve_target(const std::string& target);
/// @throws refusal (usage) for what is no address, (no_resources) for one that this machine does not have
boost::asio::ip::address resolve_source(const std::string& source);

/// Raises what this process may have to what it is allowed, and asks for punctual timers.
void prepare_process();

/// Before anything is sent: whether so many connections have a descriptor each, and a port each.
/// @throws refusal (no_resources) that says what is missing and how to get it
void check_descriptors(std::size_t connections);
void check_ports(std::size_t connections, std::size_t targets, std::size_t sources);

/// How many ports one source address has for connections to one target, by Linux' settings.
std::size_t ports_of_a_source();

}  // namespace parley::load
