#include "loadtest/load/machine_limits.hpp"

#include "loadtest/load/exit_code.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <sys/prctl.h>
#include <sys/resource.h>

#include <charconv>
#include <fstream>

namespace parley::load {
namespace asio = boost::asio;
using boost::system::error_code;
namespace {

/// Standard streams, epoll, timers, the result's file, /proc.
constexpr std::size_t other_files = 32;

}  // namespace

route resolve_target(const std::string& target) {
  constexpr std::string_view scheme = "ws://";
  const auto wrong = [&target](const std::string& why) {
    return refusal(exit_code::usage, "target \"" + target + "\" " + why);
  };
  if (target.starts_with("wss://"))
    throw wrong("asks for TLS, which this version does not speak: put a ws:// address here");
  if (!target.starts_with(scheme)) throw wrong("is no ws://HOST:PORT");
  auto rest = target.substr(scheme.size());
  if (rest.ends_with('/')) rest.pop_back();
  if (rest.ends_with("/v1/ws")) rest.resize(rest.size() - 6);
  const auto colon = rest.rfind(':');
  std::uint16_t port = 0;
  if (colon != std::string::npos) std::from_chars(rest.data() + colon + 1, rest.data() + rest.size(), port);
  if (port == 0 || rest.find('/') != std::string::npos) throw wrong("is no ws://HOST:PORT");
  auto host = rest.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  asio::io_context io;
  error_code failed;
  const auto found = asio::ip::tcp::resolver(io).resolve(host, std::to_string(port), failed);
  if (failed || found.empty())
    throw refusal(exit_code::unreachable, "target \"" + target + "\": the name is not known: " + failed.message());
  return {found.begin()->endpoint(), rest, {}};
}

asio::ip::address resolve_source(const std::string& source) {
  error_code failed;
  const auto address = asio::ip::make_address(source, failed);
  if (failed) throw refusal(exit_code::usage, "source \"" + source + "\" is no IP address");
  asio::io_context io;
  asio::ip::tcp::socket probe(io);
  const asio::ip::tcp::endpoint any(address, 0);
  probe.open(any.protocol(), failed);
  if (!failed) probe.bind(any, failed);
  if (failed)
    throw refusal(exit_code::no_resources, "source " + source + " is no address of this machine (" + failed.message() +
                                               "): leave it out, or add it to an interface");
  return address;
}

void prepare_process() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  // A timer must not be 50 us late where latencies of 500 us are measured.
  ::prctl(PR_SET_TIMERSLACK, 1UL);
}

std::size_t ports_of_a_source() {
  std::size_t low = 32768, high = 60999;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> low >> high;
  return high >= low ? high - low + 1 : 0;
}

void check_descriptors(std::size_t connections) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  const auto wanted = connections + other_files;
  if (files.rlim_cur < wanted)
    throw refusal(exit_code::no_resources, std::to_string(connections) + " connections need " + std::to_string(wanted) +
                                               " file descriptors, and this process may have " +
                                               std::to_string(files.rlim_cur) + ": raise the limit (ulimit -n " +
                                               std::to_string(wanted) + ") or ask for fewer connections");
}

void check_ports(std::size_t connections, std::size_t targets, std::size_t sources) {
  const auto each = (connections + targets - 1) / targets, ports = ports_of_a_source();
  if (each > ports * std::max<std::size_t>(sources, 1))
    throw refusal(exit_code::no_resources,
                  std::to_string(each) + " connections to one target need as many ports, and a source address has " +
                      std::to_string(ports) + ": give --sources " + std::to_string((each + ports - 1) / ports) +
                      " addresses (on loopback 127.0.0.1,127.0.0.2,...), or widen net.ipv4.ip_local_port_range");
}

}  // namespace parley::load
