#include "tests/core/given_writer.hpp"

namespace parley::testing {
namespace {

shard_writer_options gathering() {
  shard_writer_options options;
  options.gather_from = 2;
  options.gather_events = 4;
  options.gather_time = 2ms;
  return options;
}

/// A batch of two is under way.
struct busy_writer : given_writer {
  busy_writer() : given_writer(gathering()) {
    (void)enqueue(general, 1);
    (void)enqueue(general, 2);
    (void)enqueue(general, 3);
    (void)committed();  // of the first alone; the other two leave
  }
};

bool leaves(const shard_writer::effects& effects) { return find_effect<shard_writer::append>(effects) != nullptr; }

}  // namespace

TEST_CASE("after a small batch what waits leaves at once", "[core][shard_writer][gathering]") {
  given_writer w{gathering()};
  (void)w.enqueue(general, 1);
  (void)w.enqueue(general, 2);
  CHECK(leaves(w.committed()));
  CHECK_FALSE(w.core.is_gathering(w.now));
}

TEST_CASE("after a batch of a busy node the next one leaves once enough waits", "[core][shard_writer][gathering]") {
  busy_writer w;
  (void)w.enqueue(general, 4);
  CHECK_FALSE(leaves(w.committed()));
  CHECK(w.core.is_gathering(w.now));
  CHECK_FALSE(leaves(w.enqueue(other, 5)));
  CHECK_FALSE(leaves(w.enqueue(general, 6)));
  const auto effects = w.enqueue(general, 7);
  REQUIRE(leaves(effects));
  CHECK(batch_of(effects).shards.size() == 2);
  CHECK_FALSE(w.core.is_gathering(w.now));
}

TEST_CASE("what does not become enough leaves when its time is over", "[core][shard_writer][gathering]") {
  busy_writer w;
  (void)w.enqueue(general, 4);
  (void)w.committed();
  CHECK_FALSE(leaves(w.tick(1ms)));
  CHECK(leaves(w.tick(1ms)));
}

TEST_CASE("a draft that comes after that time leaves at once", "[core][shard_writer][gathering]") {
  busy_writer w;
  (void)w.committed();
  CHECK_FALSE(w.core.is_gathering(w.now));  // nothing waits
  w.now += 2ms;
  CHECK(leaves(w.enqueue(general, 4)));
}

TEST_CASE("a failed batch gathers nothing: what is tried again has waited enough", "[core][shard_writer][gathering]") {
  busy_writer w;
  (void)w.enqueue(general, 4);
  (void)w.failed(errc::unavailable);
  CHECK_FALSE(w.core.is_gathering(w.now));
}

TEST_CASE("gathered drafts keep their deadline", "[core][shard_writer][gathering]") {
  auto options = gathering();
  options.gather_time = 10s;
  given_writer w{options};
  (void)w.enqueue(general, 1);
  (void)w.enqueue(general, 2);
  (void)w.enqueue(general, 3);
  (void)w.committed();
  (void)w.enqueue(general, 4);
  (void)w.committed();
  CHECK(words_of(w.tick(5s)) == "4n");
  CHECK(w.core.is_idle());
}

}  // namespace parley::testing
