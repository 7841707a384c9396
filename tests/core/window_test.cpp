#include "actors/core/window.hpp"

#include "tests/core/given.hpp"

#include <catch2/catch.hpp>

namespace parley::testing {
namespace {

window window_with(std::uint64_t from, std::uint64_t to, std::size_t events_max = 256,
                   std::size_t bytes_max = 1 << 20) {
  window w{events_max, bytes_max};
  w.restart(from == 1 ? position{} : at(1, from - 1));
  for (const auto& e : events_of(1, from, to)) w.append(e);
  return w;
}

}  // namespace

TEST_CASE("an empty window ends where it begins", "[core][window]") {
  window w;
  CHECK(w.is_empty());
  CHECK(w.last() == position{});
  w.restart(at(2, 7));
  CHECK(w.before() == at(2, 7));
  CHECK(w.last() == at(2, 7));
  CHECK(w.term_at(seq{7}) == term{2});
  CHECK(w.covers_after(seq{7}));
  CHECK_FALSE(w.covers_after(seq{6}));
  CHECK(w.after(seq{7}, 10).empty());
}

TEST_CASE("a window gives what follows a seq, at most as much as asked", "[core][window]") {
  const auto w = window_with(5, 9);
  CHECK(seqs_of(w.after(seq{4}, 10)) == std::vector<std::uint64_t>{5, 6, 7, 8, 9});
  CHECK(seqs_of(w.after(seq{4}, 2)) == std::vector<std::uint64_t>{5, 6});
  CHECK(seqs_of(w.after(seq{8}, 10)) == std::vector<std::uint64_t>{9});
  CHECK(w.after(seq{9}, 10).empty());
  CHECK(w.after(seq{12}, 10).empty());
}

TEST_CASE("the oldest events leave a window that has too many, and the last of them is its beginning",
          "[core][window][G9]") {
  const auto w = window_with(1, 10, 4);
  CHECK(w.size() == 4);
  CHECK(w.before() == at(1, 6));
  CHECK(w.last() == at(1, 10));
  CHECK_FALSE(w.covers_after(seq{5}));
  CHECK(w.covers_after(seq{6}));
}

TEST_CASE("a window is bounded by bytes too, but keeps the newest event however large", "[core][window][G9]") {
  const auto each = size_bytes(*event_at(1, 1));
  CHECK(window_with(1, 10, 256, 3 * each).size() == 3);
  CHECK(window_with(1, 10, 256, 1).size() == 1);
}

TEST_CASE("an event's size counts its strings and its parts", "[core][window]") {
  auto e = *event_at(1, 1, "");
  const auto bare = size_bytes(e);
  e.body.text = std::string(100, 'x');
  e.body.metadata = std::string(20, 'x');
  e.client_msg_id = "1234567";
  CHECK(size_bytes(e) == bare + 127);
  e.body.parts.push_back({"image", part::body_kind::url, std::string(50, 'x')});
  CHECK(size_bytes(e) == bare + 127 + sizeof(part) + 55);
}

TEST_CASE("a window tells the term of what it holds and of its beginning, of nothing else", "[core][window][G8]") {
  window w;
  w.restart(at(1, 3));
  w.append(event_at(1, 4));
  w.append(event_at(2, 5));
  CHECK(w.term_at(seq{2}) == std::nullopt);
  CHECK(w.term_at(seq{3}) == term{1});
  CHECK(w.term_at(seq{4}) == term{1});
  CHECK(w.term_at(seq{5}) == term{2});
  CHECK(w.term_at(seq{6}) == std::nullopt);
}

TEST_CASE("the floor trims a window, up to its last event", "[core][window][G8]") {
  auto w = window_with(1, 5);
  w.trim(at(1, 0));
  CHECK(w.size() == 5);
  w.trim(at(1, 3));
  CHECK(w.before() == at(1, 3));
  CHECK(w.size() == 2);
  w.trim(at(1, 9));
  CHECK(w.is_empty());
  CHECK(w.last() == at(1, 5));
}

TEST_CASE("a restarted window holds nothing of before", "[core][window]") {
  auto w = window_with(1, 5, 256, 3 * size_bytes(*event_at(1, 1)));
  w.restart(at(2, 9));
  for (const auto& e : events_of(2, 10, 12)) w.append(e);
  CHECK(w.size() == 3);
  CHECK(w.before() == at(2, 9));
}

TEST_CASE("a run of large events is cut into batches of bounded bytes, in order", "[core][window][G9]") {
  event_list run;
  for (std::uint64_t s = 1; s <= 10; ++s) run.push_back(event_at(1, s, std::string(60'000, 'x')));
  std::vector<std::uint64_t> seqs;
  for (const auto& batch : in_batches(run)) {
    CHECK_FALSE(batch.empty());
    CHECK(batch.size() <= 2);
    for (const auto& e : batch) seqs.push_back(e->seq.value);
  }
  CHECK(seqs == seqs_of(run));
  CHECK(in_batches(events_of(1, 1, 100)).size() == 1);
}

TEST_CASE("an event over the bound is a batch of its own, and nothing makes none", "[core][window][G9]") {
  CHECK(in_batches({event_at(1, 1, std::string(300'000, 'x')), event_at(1, 2)}).size() == 2);
  CHECK(in_batches({}).empty());
}

}  // namespace parley::testing
