#include "storage/redis/canary_watch.hpp"
#include "storage/redis/chunk_queue.hpp"
#include "storage/redis/publish_inbox.hpp"
#include "storage/redis/redis_url.hpp"
#include "storage/redis/resp_command.hpp"
#include "storage/redis/resp_reader.hpp"
#include "storage/redis/retry_delay.hpp"

#include <catch2/catch.hpp>

using namespace parley;
using value_kind = resp_value::value_kind;

TEST_CASE("a Redis URL names user, password, host and port", "[redis]") {
  const auto full = parse_redis_url("redis://ana:p%40ss@[::1]:7000");
  REQUIRE(full.has_value());
  CHECK_FALSE(full->is_cluster);
  REQUIRE(full->seeds.size() == 1);
  CHECK(full->seeds[0].where == server_name{"::1", "7000"});
  CHECK(full->seeds[0].user == "ana");
  CHECK(full->seeds[0].password == "p@ss");
  const auto brief = parse_redis_url("redis://example.org");
  REQUIRE(brief.has_value());
  CHECK(brief->seeds[0].where == server_name{"example.org", "6379"});
  CHECK(brief->seeds[0].password.empty());
  CHECK(parse_redis_url("redis://:secret@h:1").has_value());
}

TEST_CASE("a cluster's URL names some of its servers, and one user for all", "[redis]") {
  const auto got = parse_redis_url("redis+cluster://ana:p,w@one:7000,two,[::1]:7002");
  REQUIRE(got.has_value());
  CHECK(got->is_cluster);
  REQUIRE(got->seeds.size() == 3);
  CHECK(got->seeds[0].where == server_name{"one", "7000"});
  CHECK(got->seeds[1].where == server_name{"two", "6379"});
  CHECK(got->seeds[2].where == server_name{"::1", "7002"});
  for (const auto& seed : got->seeds) CHECK((seed.user == "ana" && seed.password == "p,w"));
  CHECK(got->shown() == "redis+cluster://one:7000,two:6379,::1:7002");
  const auto single = parse_redis_url("redis+cluster://one:7000");
  REQUIRE(single.has_value());
  CHECK((single->is_cluster && single->seeds.size() == 1));
}

TEST_CASE("a wrong Redis URL is refused, and its password never shown", "[redis]") {
  const auto* url = GENERATE(
      "", "redis:", "redis://", "http://h:1", "rediss://:pw-1@h:1", "redis://:pw-1@h:99999", "redis://:pw-1@h:0",
      "redis://:pw-1@h:1/2", "redis://:pw-1@h:1?x=1", "redis://ana@h:1", "redis://:pw-1@h:x", "redis://:pw-1@h:1,h:2",
      "redis+cluster://", "redis+cluster://:pw-1@h:1,", "redis+cluster://:pw-1@,h:1", "redis+cluster://:pw-1@h:1,h:0",
      "redis+cluster://:pw-1@h:1/2,h:2", "redis+cluster://:pw-1@h:1,h:2?x=1", "redis+cluster://ana@h:1,h:2",
      "rediss+cluster://:pw-1@h:1", "redis+cluster://:pw-1@a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q");
  CAPTURE(url);
  const auto got = parse_redis_url(url);
  REQUIRE_FALSE(got.has_value());
  CHECK(got.error().detail.find("pw-1") == std::string::npos);
}

TEST_CASE("a command is an array of bulk strings, whatever bytes they hold", "[redis]") {
  std::string made;
  append_command(made, {"PUBLISH", "", std::string_view("a\0\r\n", 4)});
  CHECK(made == std::string("*3\r\n$7\r\nPUBLISH\r\n$0\r\n\r\n$4\r\na\0\r\n\r\n", 33));
}

TEST_CASE("replies are read in any cut", "[redis]") {
  const std::string bytes =
      "+OK\r\n-ERR "
      "no\r\n:-7\r\n$-1\r\n*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$4\r\na\r\nb\r\n*0\r\n*-1\r\n*1\r\n*1\r\n:1\r\n";
  const auto step = GENERATE(1u, 2u, 3u, 7u, 1000u);
  resp_reader reader;
  std::vector<resp_value> got;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    REQUIRE(reader.feed(std::string_view(bytes).substr(at, step)));
    while (auto value = reader.next()) got.push_back(std::move(*value));
  }
  CHECK(reader.fault().empty());
  REQUIRE(got.size() == 8);
  CHECK((got[0].kind == value_kind::status && got[0].text == "OK"));
  CHECK((got[1].kind == value_kind::error && got[1].text == "ERR no"));
  CHECK((got[2].kind == value_kind::integer && got[2].number == -7));
  CHECK(got[3].kind == value_kind::nil);
  REQUIRE(got[4].elements.size() == 3);
  CHECK(got[4].elements[2].text == "a\r\nb");
  CHECK((got[5].kind == value_kind::array && got[5].elements.empty()));
  CHECK(got[6].kind == value_kind::nil);
  CHECK(got[7].elements.at(0).elements.at(0).number == 1);
}

TEST_CASE("what is no RESP2, or past a limit, ends the reading", "[redis]") {
  const auto* bytes = GENERATE("hello\r\n", "%1\r\n", ">1\r\n", "*65\r\n", "*2147483647\r\n", "*9999999999999\r\n",
                               "*-2\r\n", "$-2\r\n", "$x\r\n", ":1x\r\n", "*1\r\n*2147483647\r\n",
                               "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n");
  CAPTURE(bytes);
  resp_reader reader;
  reader.feed(bytes);
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.fault().empty());
  CHECK_FALSE(reader.feed("+OK\r\n"));
  CHECK_FALSE(reader.next());
}

TEST_CASE("a value that does not end is held up to a size", "[redis]") {
  resp_reader reader({.elements_max = 4, .value_bytes_max = 1000});
  REQUIRE(reader.feed("$500000000\r\n"));
  std::size_t taken = 0;
  while (reader.feed(std::string(100, 'x'))) {
    CHECK_FALSE(reader.next());
    taken += 100;
    REQUIRE(taken < 1000);
  }
  CHECK(reader.fault() == "a value larger than allowed");
}

TEST_CASE("a value is held up to a size and a number of parts, however its lists are nested", "[redis][G9]") {
  resp_reader reader({.elements_max = 4, .values_max = 20, .value_bytes_max = 1000});
  SECTION("many small ones") {
    REQUIRE(reader.feed("*4\r\n"));
    CHECK_FALSE(reader.next());
    for (int i = 0; i < 4; ++i) REQUIRE(reader.feed("*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n"));
    CHECK(reader.next().has_value());
    REQUIRE(reader.feed("*4\r\n*4\r\n*4\r\n*4\r\n*4\r\n*4\r\n"));
    CHECK_FALSE(reader.next());
    CHECK_FALSE(reader.fault().empty());
  }
  SECTION("some large ones, each below the limit") {
    REQUIRE(reader.feed("*4\r\n"));
    for (int i = 0; i < 2; ++i) {
      REQUIRE(reader.feed("$400\r\n" + std::string(400, 'x') + "\r\n"));
      CHECK_FALSE(reader.next());
    }
    CHECK_FALSE(reader.feed("$400\r\n" + std::string(400, 'x') + "\r\n"));
    CHECK(reader.fault() == "a value larger than allowed");
  }
  SECTION("each value begins anew") {
    for (int i = 0; i < 100; ++i) {
      REQUIRE(reader.feed("*4\r\n$90\r\n" + std::string(90, 'x') + "\r\n:2\r\n:3\r\n:4\r\n"));
      CHECK(reader.next().has_value());
    }
  }
}

TEST_CASE("a reader that ends amid a value frees it", "[redis]") {
  resp_reader reader;
  REQUIRE(reader.feed("*3\r\n$7\r\nmessage\r\n*2\r\n:1\r\n"));
  CHECK_FALSE(reader.next());
}

TEST_CASE("three missed canaries are a half-open link", "[redis][C10]") {
  canary_watch watch;
  CHECK(watch.tick(false) == 1u);
  CHECK(watch.tick(false) == 2u);
  watch.returned(2);
  CHECK(watch.tick(false) == 3u);
  CHECK(watch.tick(false) == 4u);
  CHECK(watch.tick(false) == 5u);
  CHECK_FALSE(watch.tick(false));
}

TEST_CASE("a canary that was never sent proves nothing", "[redis][C10]") {
  canary_watch watch;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    CHECK(watch.tick(false) == i);
    watch.returned(1000);
  }
  CHECK_FALSE(watch.tick(false));
}

TEST_CASE("while other messages arrive the canary may be late, but not for ever", "[redis][C10]") {
  canary_watch watch;
  for (std::uint64_t i = 1; i <= canary_watch::missed_while_heard_max; ++i) CHECK(watch.tick(true) == i);
  CHECK_FALSE(watch.tick(true));
}

TEST_CASE("the bound of a retry doubles up to its most, and falls back on success", "[redis]") {
  retry_delay retry{milliseconds{50}, milliseconds{150}};
  CHECK(retry.next(0.5) == milliseconds{25});
  CHECK(retry.next(0.5) == milliseconds{50});
  CHECK(retry.next(0.5) == milliseconds{75});
  CHECK(retry.next(0.0) == milliseconds{0});
  retry.succeeded();
  CHECK(retry.next(0.999) == milliseconds{49});
}

TEST_CASE("commands that wait are joined into writes, in order", "[redis]") {
  chunk_queue queue;
  queue.append("a");
  queue.append("b");
  queue.append(std::string(chunk_queue::chunk_bytes, 'x'));
  queue.put_first("now");
  CHECK(queue.commands() == 4);
  CHECK(queue.bytes() == 5 + chunk_queue::chunk_bytes);
  CHECK(queue.take() == "now");
  CHECK(queue.take() == "ab");
  CHECK(queue.take().size() == chunk_queue::chunk_bytes);
  CHECK(queue.empty());
  CHECK(queue.bytes() == 0);
  CHECK(queue.commands() == 0);
}

TEST_CASE("what waits for the link is bounded, together with what the link holds", "[redis][G9]") {
  publish_inbox inbox{10};
  CHECK_FALSE(inbox.put("closed").is_taken);
  inbox.open();
  auto first = inbox.put("123456");
  CHECK((first.is_taken && first.is_first));
  CHECK(inbox.take().commands.commands() == 1);
  auto over = inbox.put("12345");  // the link holds six
  CHECK((!over.is_taken && over.is_first));
  CHECK_FALSE(inbox.put("1").is_taken);
  CHECK(inbox.take().is_overrun);
  inbox.link_holds(0);
  CHECK(inbox.put("12345").is_taken);
  CHECK_FALSE(inbox.put("12345").is_first);  // woken already
  CHECK(inbox.close() == 2);
  CHECK_FALSE(inbox.put("1").is_taken);
}
