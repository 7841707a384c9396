#include "loadtest/report/checked_json.hpp"

#include "loadtest/report/wrong_file.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

namespace parley::load::reporting {
namespace {

TEST_CASE("a refusal names the file, the place and what stands there", "[loadtest][report]") {
  const auto document = boost::json::parse(R"({"a":{"b":[1,"two",-3,1.5]},"n":null,"t":"x","f":true})");
  const checked_json root(document, "x.json");
  const auto list = root.at("a").at("b").items();
  CHECK_THROWS_WITH(list[1].number(), "x.json: a.b[1]: a number was expected, this is a string");
  CHECK_THROWS_WITH(list[2].number(), "x.json: a.b[2]: a number from 0 on was expected");
  CHECK_THROWS_WITH(list[3].count(), "x.json: a.b[3]: a whole number up to 2^53 was expected");
  CHECK_THROWS_WITH(root.at("z"), "x.json: \"z\" is missing");
  CHECK_THROWS_WITH(root.at("t").at("u"), "x.json: t: an object was expected, this is a string");
  CHECK_THROWS_WITH(root.at("t").items(), "x.json: t: a list was expected, this is a string");
  CHECK_THROWS_WITH(root.at("t").flag(), "x.json: t: true or false was expected, this is a string");
  CHECK_THROWS_WITH(root.at("f").text(), "x.json: f: a string was expected, this is true or false");
  CHECK_THROWS_WITH(root.at("a").at("b").numbers(), "x.json: a.b: item 1 is no number from 0 on");
}

TEST_CASE("what is absent or null is not found, and anything else is", "[loadtest][report]") {
  const auto document = boost::json::parse(R"({"n":null,"t":"x","d":1E0,"e":0.25,"o":{"k":[1,true]}})");
  const checked_json root(document, "x.json");
  CHECK_FALSE(root.find("n"));
  CHECK_FALSE(root.find("absent"));
  CHECK(root.find("t")->text() == "x");
  CHECK(root.at("t").as_read() == "x");
  CHECK(root.at("d").as_read() == "1");
  CHECK(root.at("e").as_read() == "0.25");
  CHECK(root.at("o").at("k").as_read() == "[1,true]");
}

}  // namespace
}  // namespace parley::load::reporting
