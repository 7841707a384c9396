#include "tests/support/relay.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <deque>
#include <future>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace parley::testing {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// The whole message at the front, or nothing. A start-up message has no type byte.
std::string_view first_message(const std::string& bytes, bool has_type) {
  const std::size_t head = has_type ? 1 : 0;
  if (bytes.size() < head + 4) return {};
  std::size_t length = 0;
  for (std::size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(bytes[head + i]);
  return bytes.size() < head + length ? std::string_view{} : std::string_view(bytes).substr(0, head + length);
}

std::string_view text_at(std::string_view message, std::size_t at) {
  return message.substr(at, message.find('\0', at) - at);
}

relay::role role_that_prepares(std::string_view statement) {
  if (statement == "append" || statement == "append_one") return relay::role::writer;
  if (statement == "renew") return relay::role::control;
  if (statement == "claim") return relay::role::reader;
  return relay::role::other;
}

void reset(tcp::socket& socket) {
  error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

}  // namespace

struct relay::core {
  explicit core(options o) : how(o), random(o.seed) {}

  struct pair;
  using pair_ptr = std::shared_ptr<pair>;

  options how;
  asio::io_context io;
  tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
  tcp::endpoint server;
  std::mt19937_64 random;
  std::set<pair_ptr> pairs;
  std::set<role> loses_statement, loses_reply, keeps_commit;
  std::thread thread;

  void accept();
  template <class F>
  auto at_once(F&& f) {
    std::packaged_task<decltype(f())()> task(std::forward<F>(f));
    auto done = task.get_future();
    asio::post(io, [&task] { task(); });
    return done.get();
  }
};

/// One connection and its continuation to the server.
struct relay::core::pair : std::enable_shared_from_this<pair> {
  pair(core& c, tcp::socket from) : all(c), ends{std::move(from), tcp::socket(c.io)} {}

  struct way {
    std::array<char, 16384> in;
    std::deque<std::string> out;
    bool is_writing = false;
    bool is_ended = false;  ///< its source closed: what waits still goes out
    std::shared_ptr<asio::steady_timer> timer;
  };

  core& all;
  tcp::socket ends[2];  ///< the adapter's, the server's
  way ways[2];          ///< from the adapter, from the server
  role whose = role::other;
  std::string spoken, kept, answered;
  bool is_started = false, is_in_statement = false, swallows = false, is_abandoned = false;

  void start() {
    error_code ignored;
    ends[1].connect(all.server, ignored);
    if (ignored) return drop();
    for (auto& end : ends) end.set_option(tcp::no_delay(true), ignored);
    read(0);
    read(1);
  }

  void read(int from) {
    ends[from].async_read_some(asio::buffer(ways[from].in),
                               [self = shared_from_this(), from](error_code ec, std::size_t bytes) {
                                 if (ec) return self->ended(from);
                                 self->heard(from, {self->ways[from].in.data(), bytes});
                                 if (self->ends[from].is_open()) self->read(from);
                               });
  }

  void heard(int from, std::string_view bytes) {
    if (from == 1) return heard_server(bytes);
    if (!all.how.speaks_postgres) return pass(0, std::string(bytes));
    spoken += bytes;
    take_messages();
  }

  void take_messages() {
    std::string passed;
    for (;;) {
      const auto message = first_message(spoken, is_started);
      if (message.empty()) break;
      const bool is_cut = is_started && !examine(message);
      if (is_cut) return drop();
      const bool is_last = is_started && message[0] == 'S' && is_in_statement;
      if (!kept.empty() || (is_last && all.keeps_commit.erase(whose) > 0))
        kept += message;
      else
        passed += message;
      if (is_last) is_in_statement = false;
      is_started = true;
      spoken.erase(0, message.size());
    }
    pass(0, std::move(passed));
  }

  /// @returns false: cut here
  bool examine(std::string_view message) {
    if (message[0] == 'P') {
      if (const auto found = role_that_prepares(text_at(message, 5)); found != role::other) whose = found;
    }
    if (message[0] != 'B') return true;
    const auto statement = text_at(message, 5 + text_at(message, 5).size() + 1);
    if (statement == "session" || statement == "identity") return true;
    is_in_statement = true;
    if (all.loses_statement.erase(whose) > 0) return false;
    if (all.loses_reply.erase(whose) > 0) swallows = true;
    return true;
  }

  void heard_server(std::string_view bytes) {
    if (is_abandoned) return;
    if (!swallows) return pass(1, std::string(bytes));
    answered += bytes;
    for (auto message = first_message(answered, true); !message.empty(); message = first_message(answered, true)) {
      if (message[0] == 'Z') return drop();
      answered.erase(0, message.size());
    }
  }

  void release() { pass(0, std::exchange(kept, {})); }

  void pass(int from, std::string bytes) {
    if (bytes.empty()) return;
    ways[from].out.push_back(std::move(bytes));
    pump(from);
  }

  void pump(int from) {
    auto& w = ways[from];
    if (w.is_writing) return;
    if (w.out.empty()) {
      if (w.is_ended) drop_gently();
      return;
    }
    w.is_writing = true;
    if (all.how.delay_max.count() == 0) return write(from);
    w.timer = std::make_shared<asio::steady_timer>(
        all.io, std::chrono::microseconds(std::uniform_int_distribution<std::int64_t>(
                    0, std::chrono::microseconds(all.how.delay_max).count())(all.random)));
    w.timer->async_wait([self = shared_from_this(), from](error_code) { self->write(from); });
  }

  void write(int from) {
    asio::async_write(ends[1 - from], asio::buffer(ways[from].out.front()),
                      [self = shared_from_this(), from](error_code ec, std::size_t) {
                        auto& w = self->ways[from];
                        w.is_writing = false;
                        w.out.pop_front();
                        if (!ec) self->pump(from);
                      });
  }

  void ended(int from) {
    if (is_abandoned && from == 0) return;
    ways[from].is_ended = true;
    pump(from);
  }

  void drop_gently() {
    error_code ignored;
    for (auto& end : ends) end.close(ignored);
    all.pairs.erase(shared_from_this());
  }

  void drop() {
    for (auto& end : ends) reset(end);
    all.pairs.erase(shared_from_this());
  }

  void lose_near() {
    is_abandoned = true;
    reset(ends[0]);
  }
};

void relay::core::accept() {
  acceptor.async_accept([this](error_code ec, tcp::socket from) {
    if (ec) return;
    auto made = std::make_shared<pair>(*this, std::move(from));
    pairs.insert(made);
    made->start();
    accept();
  });
}

relay::relay(unsigned server_port, options how) : core_(std::make_unique<core>(how)) {
  core_->server = {asio::ip::address_v4::loopback(), static_cast<unsigned short>(server_port)};
  core_->accept();
  core_->thread = std::thread([this] { core_->io.run(); });
}

relay::~relay() {
  core_->at_once([this] {
    error_code ignored;
    core_->acceptor.close(ignored);
    for (const auto& p : std::set(core_->pairs)) p->drop();
  });
  core_->thread.join();
}

unsigned relay::port() const { return core_->acceptor.local_endpoint().port(); }

void relay::retarget(unsigned server_port) {
  core_->at_once([this, server_port] { core_->server.port(static_cast<unsigned short>(server_port)); });
}

void relay::cut() {
  core_->at_once([this] {
    for (const auto& p : std::set(core_->pairs)) p->drop();
  });
}

void relay::lose_near(role whose) {
  core_->at_once([this, whose] {
    for (const auto& p : core_->pairs) {
      if (p->whose == whose) p->lose_near();
    }
  });
}

void relay::lose_statement(role whose) {
  core_->at_once([this, whose] { core_->loses_statement.insert(whose); });
}

void relay::lose_reply(role whose) {
  core_->at_once([this, whose] { core_->loses_reply.insert(whose); });
}

void relay::keep_next_commit(role whose) {
  core_->at_once([this, whose] { core_->keeps_commit.insert(whose); });
}

void relay::let_commit(role whose) {
  core_->at_once([this, whose] {
    core_->keeps_commit.erase(whose);
    for (const auto& p : core_->pairs) {
      if (p->whose == whose) p->release();
    }
  });
}

std::vector<unsigned> relay::server_side_ports(role whose) const {
  return core_->at_once([this, whose] {
    std::vector<unsigned> ports;
    for (const auto& p : core_->pairs) {
      error_code ignored;
      if (p->whose == whose && !p->is_abandoned) ports.push_back(p->ends[1].local_endpoint(ignored).port());
    }
    return ports;
  });
}

}  // namespace parley::testing
