#include "actors/core/mutant.hpp"
#include "node/configuration.hpp"
#include "node/log_writer.hpp"
#include "node/logfmt.hpp"
#include "node/process_rules.hpp"
#include "node/refusal_to_start.hpp"
#include "node/serve.hpp"
#include "node/stores.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

using namespace parley;

constexpr const char* version = PARLEY_VERSION;

environment variables() {
  environment all;
  for (char** one = environ; *one != nullptr; ++one) {
    const std::string text = *one;
    const auto sign = text.find('=');
    if (sign != std::string::npos) all.emplace_back(text.substr(0, sign), text.substr(sign + 1));
  }
  return all;
}

file_text read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (!file.is_open() || file.bad()) return {std::nullopt, std::string{"cannot be read: "} + std::strerror(errno)};
  return {std::move(text), ""};
}

exit_code print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return exit_code::ok;
}

exit_code migrate(const reading& told) {
  log_writer out{level_of(told.options.node.log_level)};
  migrate_stores(told.options, out);
  return print("the schema is up to date\n");
}

exit_code carry_out(const std::vector<std::string>& arguments) {
  const auto read = [&arguments] { return read_configuration(arguments, variables(), read_file); };
  auto told = read();
  if (told.command == command::help) return print(told.help);
  if (told.command == command::version) return print(std::string{"parleyd "} + version + "\n");

  const auto wrong = contradictions(told, told.command == command::serve);
  told.mistakes.insert(told.mistakes.end(), wrong.begin(), wrong.end());
  if (!told.mistakes.empty()) {
    std::fputs(report(told.mistakes).c_str(), stderr);
    return exit_code::usage;
  }
  switch (told.command) {
    case command::config: return print(effective_file(told));
    case command::migrate: return migrate(told);
    case command::serve: return serve(told, read, version);
    case command::help:
    case command::version: break;
  }
  return exit_code::internal;
}

/// In a build with seeded bugs only; scripts/mutants tells what they are for.
void switch_on_mutant() {
#ifdef PARLEY_MUTANTS
  const char* name = std::getenv("PARLEYD_MUTANT");
  if (name == nullptr) return;
  if (!choose_mutant(name))
    throw refusal_to_start(exit_code::usage, std::string{"PARLEYD_MUTANT names no mutant: "} + name);
  std::fprintf(stderr, "parleyd: breaks its promises on purpose: %s\n", name);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  try {
    switch_on_mutant();
    apply_process_rules();
    return static_cast<int>(carry_out({argv + 1, argv + argc}));
  } catch (const refusal_to_start& why) {
    std::fprintf(stderr, "parleyd: does not start: %s\n", why.what());
    return static_cast<int>(why.code());
  } catch (const std::exception& bug) {
    std::fprintf(stderr, "parleyd: %s\n", bug.what());
    return static_cast<int>(exit_code::internal);
  }
}
