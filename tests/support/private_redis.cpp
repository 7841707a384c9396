#include "tests/support/private_redis.hpp"

#include "tests/support/eventually.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>

namespace parley::testing {
namespace {

using link = std::unique_ptr<redisContext, decltype(&redisFree)>;
using reply = std::unique_ptr<redisReply, decltype(&freeReplyObject)>;

std::string text_of(const redisReply& r) {
  if (r.type == REDIS_REPLY_INTEGER) return std::to_string(r.integer);
  if (r.type != REDIS_REPLY_ARRAY) return r.str ? std::string(r.str, r.len) : std::string();
  std::string joined;
  for (std::size_t i = 0; i < r.elements; ++i) joined += (i ? " " : "") + text_of(*r.element[i]);
  return joined;
}

}  // namespace

unsigned free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  if (::bind(probe, reinterpret_cast<sockaddr*>(&at), size) != 0 ||
      ::getsockname(probe, reinterpret_cast<sockaddr*>(&at), &size) != 0)
    throw std::runtime_error("no free port");
  ::close(probe);
  return ntohs(at.sin_port);
}

private_redis::private_redis(std::initializer_list<std::string_view> settings)
    : settings_(settings.begin(), settings.end()) {
  std::string pattern = std::filesystem::temp_directory_path() / "parley-redis-XXXXXX";
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  port_ = free_port();
  start();
}

private_redis::~private_redis() {
  end(SIGKILL);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void private_redis::kill() { end(SIGKILL); }
void private_redis::restart() {
  end(SIGKILL);
  start();
}
void private_redis::pause() { ::kill(pid_, SIGSTOP); }
void private_redis::resume() { ::kill(pid_, SIGCONT); }

void private_redis::start() {
  std::vector<std::string> words{"redis-server",  "--bind", "127.0.0.1",    "--port", std::to_string(port_),
                                 "--save",        "",       "--appendonly", "no",     "--dir",
                                 folder_.string()};
  words.insert(words.end(), settings_.begin(), settings_.end());
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const std::string log = folder_ / "log";
  const pid_t parent = ::getpid();

  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, 1);
    ::dup2(out, 2);
    if (::getppid() == parent) ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (!eventually([this] { return answers(); })) {
    std::stringstream text;
    text << std::ifstream(log).rdbuf();
    end(SIGKILL);
    throw std::runtime_error("redis-server does not answer: " + text.str());
  }
}

void private_redis::end(int signal) {
  if (pid_ <= 0) return;
  ::kill(pid_, signal);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

bool private_redis::answers() const {
  try {
    return !command({"PING"}).starts_with("LOADING");  // a server with a password says no, but it is up
  } catch (const std::runtime_error&) {
    return false;
  }
}

std::string private_redis::command(std::initializer_list<std::string_view> words) const {
  const timeval limit{5, 0};
  const link to(redisConnectWithTimeout("127.0.0.1", static_cast<int>(port_), limit), &redisFree);
  if (!to || to->err) throw std::runtime_error(to ? to->errstr : "no memory");
  redisSetTimeout(to.get(), limit);
  std::vector<const char*> starts;
  std::vector<std::size_t> sizes;
  for (auto word : words) {
    starts.push_back(word.data());
    sizes.push_back(word.size());
  }
  auto* got =
      static_cast<redisReply*>(redisCommandArgv(to.get(), static_cast<int>(words.size()), starts.data(), sizes.data()));
  const reply answer(got, &freeReplyObject);
  if (!answer) throw std::runtime_error(to->errstr);
  return text_of(*answer);
}

}  // namespace parley::testing
