#include "tests/support/private_postgres.hpp"

#include "tests/support/eventually.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
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
#include <utility>

namespace parley::testing {
namespace {

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

/// Debian keeps the server's programs out of the path.
std::string program(const std::string& name) {
  const auto debian = "/usr/lib/postgresql/15/bin/" + name;
  return std::filesystem::exists(debian) ? debian : name;
}

const passwd* server_account() { return ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr; }

/// Forks and runs a program of the server, as its account. Nothing but system calls in the child.
pid_t run(std::vector<std::string> words, const std::string& log) {
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const auto* account = server_account();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child > 0) return child;
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(out, 1);
  ::dup2(out, 2);
  if (account && (::setgroups(0, nullptr) != 0 || ::setgid(account->pw_gid) != 0 || ::setuid(account->pw_uid) != 0))
    ::_exit(126);
  // After the change of user, which clears it: the server ends with this program, whatever ends that.
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (::getppid() == parent && ::chdir("/") == 0) ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

void run_to_end(std::vector<std::string> words, const std::string& log) {
  const auto name = words.front();
  int status = 0;
  if (const auto child = run(std::move(words), log); ::waitpid(child, &status, 0) != child || status != 0)
    throw std::runtime_error(name + " failed: see " + log);
}

}  // namespace

private_postgres::private_postgres(std::initializer_list<std::string_view> settings)
    : settings_(settings.begin(), settings.end()) {
  make_folder();
  run_to_end({program("initdb"), "-D", folder_ / "cluster", "-U", "parley", "-A", "trust", "-E", "UTF8",
              "--locale=C.UTF-8", "--no-instructions", "--no-sync"},
             folder_ / "log");
  start();
}

private_postgres::private_postgres(promoted copy) : settings_(copy.from.settings_) {
  make_folder();
  run_to_end({"cp", "-a", copy.from.folder_ / "cluster", folder_ / "cluster"}, folder_ / "log");
  run_to_end({"touch", folder_ / "cluster" / "standby.signal"}, folder_ / "log");
  start();
  execute("SELECT pg_promote(true, 30)");
}

void private_postgres::make_folder() {
  std::string pattern = std::filesystem::temp_directory_path() / "parley-postgres-XXXXXX";
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  if (const auto* account = server_account();
      account && ::chown(folder_.c_str(), account->pw_uid, account->pw_gid) != 0)
    throw std::runtime_error("cannot give away " + folder_.string());
  port_ = free_port();
}

private_postgres::~private_postgres() {
  if (pid_ > 0) {
    ::kill(pid_, SIGQUIT);
    ::waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string private_postgres::dsn(std::string_view database) const {
  return "host=127.0.0.1 port=" + std::to_string(port_) + " user=parley dbname=" + std::string(database);
}

std::string private_postgres::create_database() {
  const auto name = "test_" + std::to_string(++databases_);
  execute("CREATE DATABASE " + name);
  return name;
}

void private_postgres::start() {
  // After a kill the old children may still hold the shared memory: the server then refuses, and is asked again.
  const bool is_up = eventually([this] {
    if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = 0;
    if (pid_ == 0) launch();
    return answers();
  });
  if (!is_up) throw std::runtime_error("the server does not answer: " + log_tail());
}

void private_postgres::launch() {
  std::vector<std::string> words{program("postgres"), "-D", folder_ / "cluster"};
  for (const auto& setting : {std::string("listen_addresses=127.0.0.1"), "port=" + std::to_string(port_),
                              std::string("unix_socket_directories="), std::string("shared_buffers=32MB")}) {
    words.push_back("-c");
    words.push_back(setting);
  }
  for (const auto& setting : settings_) {
    words.push_back("-c");
    words.push_back(setting);
  }
  pid_ = run(std::move(words), folder_ / "log");
}

void private_postgres::stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGINT);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void private_postgres::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void private_postgres::pause() {
  paused_ = {pid_};
  const auto backends = execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()");
  for (const auto& row : backends) paused_.push_back(static_cast<pid_t>(std::stol(row[0])));
  for (const auto pid : paused_) ::kill(pid, SIGSTOP);
}

void private_postgres::resume() {
  for (const auto pid : std::exchange(paused_, {})) ::kill(pid, SIGCONT);
}

bool private_postgres::answers() const { return PQping((dsn() + " connect_timeout=2").c_str()) == PQPING_OK; }

private_postgres::rows private_postgres::execute(const std::string& sql, std::string_view database) const {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> to(PQconnectdb((dsn(database) + " connect_timeout=5").c_str()),
                                                        &PQfinish);
  if (PQstatus(to.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(to.get()));
  const std::unique_ptr<PGresult, decltype(&PQclear)> answer(PQexec(to.get(), sql.c_str()), &PQclear);
  if (const auto status = PQresultStatus(answer.get()); status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
    throw std::runtime_error(PQresultErrorMessage(answer.get()));
  rows found;
  for (int row = 0; row < PQntuples(answer.get()); ++row) {
    auto& columns = found.emplace_back();
    for (int column = 0; column < PQnfields(answer.get()); ++column)
      columns.emplace_back(PQgetvalue(answer.get(), row, column));
  }
  return found;
}

std::string private_postgres::log_tail() const {
  std::stringstream text;
  text << std::ifstream(folder_ / "log").rdbuf();
  const auto all = text.str();
  return all.substr(all.size() > 2000 ? all.size() - 2000 : 0);
}

}  // namespace parley::testing
