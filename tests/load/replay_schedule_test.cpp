#include "loadtest/load/replay_schedule.hpp"
#include "loadtest/load/irc_line.hpp"

#include <catch2/catch.hpp>

namespace parley::load {
namespace {

constexpr std::int64_t minute = 60'000'000'000;

}  // namespace

TEST_CASE("a log's messages are scheduled by its clock, a minute's lines evenly", "[load][replay]") {
  replay_schedule all;
  add_log(all,
          "=== ana [n=ana@host] has joined #x\n"
          "[10:05] <ana> one\n"
          "[10:05] <bob> two\n"
          "[10:05]  * ana waves\n"
          "[10:07] <ana> three\r\n"
          "[10:07] <ana> \n");
  sort_lines(all);
  REQUIRE(all.lines.size() == 3);
  CHECK(all.rooms == 1);
  CHECK(all.users == std::vector<std::string>{"ana", "bob"});
  CHECK(all.lines[0].offset_ns == 0);
  CHECK(all.lines[1].offset_ns == minute / 2);
  CHECK(all.lines[1].writer == 1);
  CHECK(all.lines[2].offset_ns == 2 * minute);
  CHECK(all.lines[2].text == "three");
}

TEST_CASE("a log may pass midnight, and its clock may be set back a little", "[load][replay]") {
  replay_schedule all;
  add_log(all, "[23:59] <a> 1\n[00:01] <a> 2\n[00:00] <a> 3\n[00:02] <a> 4\n");
  REQUIRE(all.lines.size() == 4);
  CHECK(all.lines[1].offset_ns == 2 * minute);
  CHECK(all.lines[2].offset_ns > all.lines[1].offset_ns);
  CHECK(all.lines[3].offset_ns == 3 * minute);
}

TEST_CASE("logs are rooms of one schedule, and a nick in both is one user", "[load][replay]") {
  replay_schedule all;
  add_log(all, "[10:00] <a> x\n[10:02] <a> y\n");
  add_log(all, "[08:00] <a> p\n[08:01] <b> q\n");
  sort_lines(all);
  CHECK(all.rooms == 2);
  CHECK(all.users.size() == 2);
  std::vector<std::string> texts;
  for (const auto& line : all.lines) texts.push_back(line.text);
  CHECK(texts == std::vector<std::string>{"x", "p", "q", "y"});
}

TEST_CASE("no line is lost to its encoding", "[load][replay]") {
  CHECK(utf8_of("caf\xc3\xa9") == "caf\xc3\xa9");
  CHECK(utf8_of("caf\xe9 \x80") == "caf\xc3\xa9 \xe2\x82\xac");  // Windows-1252
  CHECK(utf8_of("\xe9\x81") == "\xc3\xa9\xc2\x81");              // 0x81 is none of it: Latin-1
  CHECK(utf8_of(std::string_view("a\0b", 3)) ==
        "a\xef\xbf\xbd"
        "b");
  CHECK(utf8_of("\xed\xa0\x80") != "\xed\xa0\x80");  // a surrogate is no UTF-8
  CHECK(utf8_of("\xf0\x9f\x98\x80") == "\xf0\x9f\x98\x80");
}

TEST_CASE("two nicks never become one user", "[load][replay]") {
  CHECK(user_of("ana") == "ana");
  CHECK(user_of("a[b]") == "a~5Bb~5D");
  CHECK(user_of("a~5Bb") != user_of("a[b"));
  CHECK(user_of("..") == "~2E~2E");
  CHECK(user_of("") == "~");
  CHECK(user_of(std::string(200, 'x')).size() <= 128);
  CHECK(user_of(std::string(200, 'x')) != user_of(std::string(201, 'x')));
}

TEST_CASE("what is no message is left out", "[load][replay]") {
  for (const auto* line : {"", "[10:05]", "[10:05] <ana", "[1a:05] <ana> x", "10:05 <ana> x", "[10:05] <ana>"})
    CHECK_FALSE(parse_irc_line(line));
  CHECK(parse_irc_line("[10:05] < ana> x")->nick == "ana");
  CHECK(parse_irc_line("[10:05] <ana>  two blanks")->text == " two blanks");
}

}  // namespace parley::load
