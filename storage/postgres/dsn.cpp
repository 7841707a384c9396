#include "storage/postgres/dsn.hpp"

#include <libpq-fe.h>

namespace parley {

std::optional<std::string> mistake_in_dsn(const std::string& dsn) {
  char* told = nullptr;
  if (auto* parsed = PQconninfoParse(dsn.c_str(), &told)) {
    PQconninfoFree(parsed);
    return std::nullopt;
  }
  std::string why = told ? told : "out of memory";
  PQfreemem(told);
  while (!why.empty() && why.back() == '\n') why.pop_back();
  return why;
}

}  // namespace parley
