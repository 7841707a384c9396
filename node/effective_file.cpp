#include "node/configuration.hpp"
#include "node/setting.hpp"

namespace parley {
namespace {

std::string block(const setting& s, const reading& r, const configuration& standard) {
  std::string out = "\n# " + s.meaning + "\n# " + s.unit_and_bounds + "; default " + s.show(standard);
  const auto set = r.set_where.find(s.key);
  if (set != r.set_where.end()) out += "; from " + set->second;
  out += "\n";
  const auto value = s.show(r.options);
  // A masked password must not be taken for one when the output is used as a file.
  const bool is_masked = s.kind == setting_kind::list && value.find("***") != std::string::npos;
  if (is_masked) out += "# Holds a password, which is not shown: put it in again.\n# ";
  return out + s.name() + " = " + value + "\n";
}

}  // namespace

std::string effective_file(const reading& r) {
  const configuration standard;
  std::string out = "# The effective configuration of parleyd.\n";
  std::string table;
  for (const auto& s : settings()) {
    if (s.table() != table) out += "\n[" + s.table() + "]\n";
    table = s.table();
    out += block(s, r, standard);
  }
  return out;
}

}  // namespace parley
