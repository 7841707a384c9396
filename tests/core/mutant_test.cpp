#include "actors/core/mutant.hpp"

#include <catch2/catch.hpp>

#ifdef PARLEY_MUTANTS

#include <cstdlib>
#include <set>
#include <string>

namespace parley {
namespace {

/// `PARLEYD_MUTANT=NAME core_tests` shows which of these tests see a bug.
const bool is_chosen = [] {
  const char* name = std::getenv("PARLEYD_MUTANT");
  return name != nullptr && choose_mutant(name);
}();

TEST_CASE("each seeded bug has a name of its own, and says what it breaks and who finds it", "[core][mutant]") {
  std::set<std::string> names;
  std::set<mutant> which;
  for (const auto& m : mutants()) {
    CAPTURE(m.name);
    CHECK(names.insert(m.name).second);
    CHECK(which.insert(m.which).second);
    CHECK(m.which != mutant::none);
    CHECK(std::string{m.breaks}.size() > 10);
    CHECK(std::string{m.found_by}.size() > 1);
  }
  CHECK_FALSE(choose_mutant("no such bug"));
}

}  // namespace
}  // namespace parley

#else

TEST_CASE("no seeded bug can be switched on in what ships: each is a constant false", "[core][mutant]") {
  using parley::is_on;
  using parley::mutant;
  STATIC_REQUIRE_FALSE(is_on(mutant::none));
  STATIC_REQUIRE_FALSE(is_on(mutant::publish_before_commit));
  STATIC_REQUIRE_FALSE(is_on(mutant::head_without_floor));
}

#endif
