// What PostgreSQL can do for a join's page with nothing around it: the reference of goals P8 and P9. Some connections,
// each asking for the newest 50 events of one room after the other, as fast as answers come. The events of the rooms
// lie scattered over the table, as a log that many rooms write has them.
#include "loadtest/limits/libpq_session.hpp"

#include <CLI/CLI.hpp>

#include <atomic>
#include <chrono>
#include <random>
#include <thread>

namespace {

using namespace parley::limits;
using clock = std::chrono::steady_clock;

struct options {
  std::string dsn;
  unsigned connections = 8, rooms = 1000, page = 50;
  double warm_up = 1, seconds = 20;
};

constexpr const char* fill =
    "INSERT INTO parley_loader.event (room, seq, term, kind, payload) SELECT k.key, s, 1, 1, $2::bytea "
    "FROM generate_series(1, 200) AS s CROSS JOIN unnest($1::uuid[]) AS k(key)";
constexpr const char* select =
    "SELECT seq, term, kind, payload FROM parley_loader.event WHERE room = $1::uuid ORDER BY seq DESC LIMIT $2::int8";

void ask(const options& o, unsigned number, std::atomic<bool>& is_ended, std::atomic<std::uint64_t>& pages) {
  session db(o.dsn);
  db.run(settings);
  db.prepare("select", select);
  std::minstd_rand random(number + 1);
  const auto limit = binary(static_cast<std::int64_t>(o.page));
  while (!is_ended) {
    const int rows = db.execute("select", {room_key(random() % o.rooms), limit});
    if (rows != static_cast<int>(o.page)) std::fprintf(stderr, "pg_pages: %d rows\n", rows), std::exit(1);
    pages.fetch_add(1, std::memory_order_relaxed);
  }
}

void measure(const options& o) {
  session db(o.dsn);
  db.run(tables);
  db.prepare("fill", fill);
  array keys(2950);
  for (unsigned n = 0; n < o.rooms; ++n) keys.add(room_key(n));
  db.execute("fill", {keys.take(), std::string(200, 'x')});
  db.run("VACUUM ANALYZE parley_loader.event");
  std::atomic<bool> is_ended = false;
  std::atomic<std::uint64_t> pages = 0;
  std::vector<std::thread> threads;
  for (unsigned n = 0; n < o.connections; ++n) threads.emplace_back([&, n] { ask(o, n, is_ended, pages); });
  std::this_thread::sleep_for(std::chrono::duration<double>(o.warm_up));
  std::puts("begin");
  std::fflush(stdout);
  const auto before = pages.load();
  const auto begin = clock::now();
  std::this_thread::sleep_for(std::chrono::duration<double>(o.seconds));
  const auto asked = static_cast<double>(pages.load() - before);
  const double seconds = std::chrono::duration<double>(clock::now() - begin).count();
  std::printf("{\"pages\":%.0f,\"seconds\":%.3f,\"pages_per_second\":%.0f,\"connections\":%u}\n", asked, seconds,
              asked / seconds, o.connections);
  std::fflush(stdout);
  is_ended = true;
  for (auto& t : threads) t.join();
  db.run(drop);
}

}  // namespace

int main(int argc, char** argv) {
  options o;
  CLI::App app{
      "Reads from the tables of a schema parley_loader, which it makes and drops. Prints `begin`, then one line "
      "of JSON.\nExit codes: 0 measured, 1 failed, 2 usage."};
  app.add_option("--dsn", o.dsn, "libpq connection string")->required();
  app.add_option("--connections", o.connections, "connections that ask")->capture_default_str();
  app.add_option("--rooms", o.rooms, "rooms of 200 events")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--page", o.page, "events of a page, at most 200")->capture_default_str();
  app.add_option("--warm-up", o.warm_up, "seconds before what is measured")->capture_default_str();
  app.add_option("--seconds", o.seconds, "what is measured")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong) == 0 ? 0 : 2;
  }
  measure(o);
  return 0;
}
