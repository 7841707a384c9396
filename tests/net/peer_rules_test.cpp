#include "net/peer/peer_rules.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace parley;
using namespace parley::net;

namespace {

const peer_self here{"cluster", {"n1", "life-1"}, 256};
const peer_self there{"cluster", {"n2", "life-2"}, 256};
const certified_names of_there{{"host.example", "n2"}};
const certified_names plain;

}  // namespace

TEST_CASE("two nodes of a cluster that look for each other open a link", "[net][peer]") {
  const auto said = hello_to(there, here.node);
  CHECK(said.wanted_incarnation == "life-1");
  CHECK_FALSE(refuse_dialler(here, said, of_there));
  CHECK_FALSE(refuse_dialler(here, said, plain));
  const auto answer = answer_of(there);
  CHECK(answer.wanted_incarnation.empty());
  CHECK_FALSE(refuse_answer(here, there.node, answer, of_there));
  CHECK_FALSE(refuse_answer(here, there.node, answer, plain));
}

TEST_CASE("another version, cluster or number of shards is refused, by either end", "[net][peer][bad_input]") {
  const auto both = [](auto change, peer_end why) {
    auto said = hello_to(there, here.node);
    change(said);
    CHECK(refuse_dialler(here, said, of_there) == why);
    auto answer = answer_of(there);
    change(answer);
    CHECK(refuse_answer(here, there.node, answer, of_there) == why);
  };
  both([](peer_hello& h) { h.version = 2; }, peer_end::version);
  both([](peer_hello& h) { h.version = 0; }, peer_end::version);
  both([](peer_hello& h) { h.cluster_id = "another"; }, peer_end::cluster);
  both([](peer_hello& h) { h.shards = 255; }, peer_end::shards);
}

TEST_CASE("a node that its certificate does not name is refused, by either end", "[net][peer][bad_input]") {
  for (const certified_names& names : {certified_names{{"n3"}}, certified_names{{"*", "N2", "n2.example"}},
                                       certified_names{std::vector<std::string>{}}}) {
    CHECK(refuse_dialler(here, hello_to(there, here.node), names) == peer_end::node);
    CHECK(refuse_answer(here, there.node, answer_of(there), names) == peer_end::node);
  }
}

TEST_CASE("only the process that was looked for answers", "[net][peer][bad_input]") {
  CHECK(refuse_dialler(here, hello_to(there, {"n1", "life-0"}), of_there) == peer_end::incarnation);
  CHECK(refuse_dialler(here, answer_of(there), of_there) == peer_end::incarnation);
  CHECK(refuse_answer(here, {"n2", "life-1"}, answer_of(there), of_there) == peer_end::incarnation);
  CHECK(refuse_answer(here, {"n3", "life-2"}, answer_of(there), certified_names{{"n2", "n3"}}) == peer_end::node);
}

TEST_CASE("each end has a word and a text of its own, short enough for a close frame", "[net][peer]") {
  std::set<std::string_view> words, texts;
  for (std::size_t n = 0; n < peer_end_count; ++n) {
    const auto why = static_cast<peer_end>(n);
    words.insert(word_of(why));
    texts.insert(text_of(why));
    CHECK(text_of(why).size() <= 123);
    CHECK(end_of(text_of(why)) == why);
  }
  CHECK(words.size() == peer_end_count);
  CHECK(texts.size() == peer_end_count);
  CHECK_FALSE(end_of("event=node.stopped"));
}
