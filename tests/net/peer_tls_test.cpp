#include "tests/net/peer_stage.hpp"
#include "tests/net/peer_wire.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

using namespace parley;
using namespace parley::net;
using namespace parley::testing;

namespace {

peer_options secure(const paper_folder& papers, const std::string& node, const std::string& named = {}) {
  auto o = options_of(node);
  o.patience.step = milliseconds{1'500};
  papers.give(o, named.empty() ? node : named);
  return o;
}

/// Why a mesh with these options does not listen; empty if it does.
std::string listening(peer_options options) {
  io_thread thread("parley-peer");
  quiet_log out;
  counting_peer_probe probe;
  return peer_mesh(thread.io, std::move(options), out, probe).listen();
}

bool says(const std::string& why, const std::string& part) {
  INFO(why);
  CHECK(why.find(part) != std::string::npos);
  return true;
}

}  // namespace

TEST_CASE("a certificate of another authority is refused by either end", "[net][peer][bad_input]") {
  const paper_folder ours, theirs;
  running_mesh one(secure(ours, "n1")), two(secure(ours, "n2")), stranger(secure(theirs, "n3"));
  dialled in(stranger, two.place());  // the stranger does not trust us either
  CHECK_FALSE(in.end().empty());
  dialled out(one, {{"n3", "n3-life"}, "127.0.0.1:" + std::to_string(stranger.port())});
  CHECK(begins_with(out.end(), peer_end::not_secure));
  CHECK(eventually([&] { return two.probe.refused_for(peer_end::not_secure) == 1; }));
  CHECK(two.door.count() + stranger.door.count() == 0);
  dialled fine(one, two.place());
  CHECK(fine.is_open());
}

TEST_CASE("a client of ours with no certificate, or one that nobody made, gets no link", "[net][peer][bad_input]") {
  const paper_folder ours, theirs;
  running_mesh two(secure(ours, "n2"));
  boost::asio::io_context io;
  boost::asio::ssl::context context(boost::asio::ssl::context::tls_client);
  SECTION("none") {}
  SECTION("of another authority") {
    const auto papers = secure(theirs, "n1");
    context.use_certificate_file(papers.certificate, boost::asio::ssl::context::pem);
    context.use_private_key_file(papers.key, boost::asio::ssl::context::pem);
  }
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> tls(io, context);
  tls.next_layer().connect({boost::asio::ip::address_v4::loopback(), two.port()});
  boost::system::error_code failed;
  tls.handshake(boost::asio::ssl::stream_base::client, failed);
  char one = 0;
  if (!failed) tls.read_some(boost::asio::buffer(&one, 1), failed);  // TLS 1.3: the refusal may come after
  CHECK(failed);
  CHECK(eventually([&] { return two.probe.refused_for(peer_end::not_secure) == 1; }));
}

TEST_CASE("a node whose certificate carries another name is refused by either end", "[net][peer][bad_input]") {
  const paper_folder ours;
  running_mesh one(secure(ours, "n1")), two(secure(ours, "n2"));
  // Its own start would refuse it: so it is told to be n3, and its certificate is right.
  running_mesh other(secure(ours, "n3"));
  auto place = two.place();
  place.address = other.place().address;
  dialled to_it(one, place);  // says to be n2's address, is n3
  CHECK(begins_with(to_it.end(), peer_end::node));
  CHECK(other.door.count() == 0);
  CHECK(eventually([&] { return one.probe.refused_for(peer_end::node) == 1; }));
}

TEST_CASE("plain against TLS and TLS against plain end in time, with no link", "[net][peer][bad_input]") {
  const paper_folder ours;
  running_mesh secured(secure(ours, "n1")), plain(options_of("n2"));
  dialled up(plain, secured.place());
  CHECK_FALSE(up.end().empty());
  CHECK(up.sink->opens == 0);
  CHECK(eventually([&] { return secured.probe.refused_for(peer_end::not_secure) == 1; }));
  dialled down(secured, plain.place());
  CHECK(begins_with(down.end(), peer_end::not_secure));
  CHECK(eventually([&] { return plain.probe.refusals() == 2; }));  // its own attempt, and the other's
}

TEST_CASE("garbage and silence at a TLS port are closed in time", "[net][peer][bad_input]") {
  const paper_folder ours;
  auto options = secure(ours, "n2");
  options.patience.step = milliseconds{300};
  running_mesh two(options);
  peer_wire loud(two.port());
  loud.say(std::string(5'000, '\xFF'));
  CHECK(loud.is_closed());
  CHECK(eventually([&] { return two.probe.refused_for(peer_end::not_secure) == 1; }));
  peer_wire huge(two.port());
  huge.say(std::string("\x16\x03\x01\xFF\xFF\x01\xFF\xFF\xFF", 9));
  CHECK(huge.is_closed());
  peer_wire silent(two.port());
  CHECK(silent.is_closed());
  CHECK(eventually([&] { return two.probe.refused_for(peer_end::slow) >= 1; }));
  CHECK(two.door.count() == 0);
}

TEST_CASE("a start names the certificate file that is wrong, and how", "[net][peer]") {
  const paper_folder ours, theirs;
  const auto good = secure(ours, "n1");
  REQUIRE(listening(good).empty());
  auto told = good;
  told.key.clear();
  says(listening(told), "the key is missing");
  told = good, told.authority.clear();
  says(listening(told), "the authority is missing");
  told = good, told.certificate += ".gone";
  says(listening(told), "the certificate " + told.certificate + " cannot be read: No such file");
  told = good, told.key = secure(ours, "n2").key;
  says(listening(told), "the key " + told.key);
  told = good, told.certificate = ours.write("bad.pem", "no PEM");
  says(listening(told), "the certificate " + told.certificate + " is none");
  told = good, told.authority = secure(theirs, "n1").authority;
  says(listening(told), "is refused by the authority");
  says(listening(secure(ours, "n1", "n2")), "does not carry the node's name n1");
  auto late = options_of("n1");
  ours.give(late, "n1", std::chrono::days{-1});
  says(listening(late), "certificate has expired");
}
