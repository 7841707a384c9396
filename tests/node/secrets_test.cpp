#include "node/secrets.hpp"
#include "node/spelling.hpp"

#include <catch2/catch.hpp>

using namespace parley;

TEST_CASE("passwords are masked wherever a connection string may hold one", "[node]") {
  CHECK(mask_secrets("postgresql://u:pw@h:5/d?sslmode=require") == "postgresql://u:***@h:5/d?sslmode=require");
  CHECK(mask_secrets("postgresql://u:p@ss/w@h/d") == "postgresql://u:***@h/d");
  CHECK(mask_secrets("redis://:pw@h:1") == "redis://:***@h:1");
  CHECK(mask_secrets("redis+cluster://u:pw@h:1,h:2") == "redis+cluster://u:***@h:1,h:2");
  CHECK(mask_secrets("host=h password=pw user=u") == "host=h password=*** user=u");
  CHECK(mask_secrets("password = 'a b\\' c' user=u") == "password = *** user=u");
  CHECK(mask_secrets("postgresql://h/d?user=u&password=pw&x=y") == "postgresql://h/d?user=u&password=***&x=y");
  CHECK(mask_secrets("host=h sslpassword=pw") == "host=h sslpassword=***");
}

TEST_CASE("what holds no password is shown as it is", "[node]") {
  const std::string text =
      GENERATE("postgresql://u@h:5432/d", "host=h user=u", "redis://127.0.0.1:6379", "passwordless=1");
  CHECK(mask_secrets(text) == text);
  CHECK_FALSE(has_secret(text));
}

TEST_CASE("a near word is proposed, a far one is not", "[node]") {
  const std::vector<std::string> known{"shards", "listen", "limits.frame_bytes"};
  CHECK(nearest_word("shard", known) == "shards");
  CHECK(nearest_word("shadrs", known) == "shards");
  CHECK(nearest_word("frame_bytes", {"frame_byte", "x"}) == "frame_byte");
  CHECK(nearest_word("postgres", known) == std::nullopt);
  CHECK(did_you_mean("zzzzzz", known).empty());
}
