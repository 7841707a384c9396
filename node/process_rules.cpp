#include "node/process_rules.hpp"

#include <google/protobuf/stubs/logging.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>

namespace parley {

void apply_process_rules() {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::prctl(PR_SET_DUMPABLE, 0);  // the limit alone does not stop a core handler that is a pipe

  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
    descriptors.rlim_cur = descriptors.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &descriptors);
  }
  std::signal(SIGPIPE, SIG_IGN);

  // It prints a line for each string that is no UTF-8: anybody who may connect, or reach Redis, could fill the log
  // past our own format and limits. Whoever decodes refuses such bytes and counts them.
  google::protobuf::SetLogHandler(nullptr);
}

}  // namespace parley
