// What the machine can do for a delivery with nothing around it: the reference of goals P3 and P4. One thread, one
// epoll loop; each message is put together once and goes to every reader of its room by one writev, or so many messages
// of a burst do. It speaks as much of the protocol as parley-load needs, with the very bytes that Parley would send;
// nothing is stored or checked.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

struct peer {
  int fd = -1;
  bool is_upgraded = false;
  std::string unread;
};

struct room {
  std::uint64_t seq = 0;
  std::string waiting;  ///< frames of a burst that is not whole yet
  std::size_t waiting_count = 0;
  std::vector<int> readers;
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

std::string_view between(std::string_view text, std::string_view before, char end) {
  const auto at = text.find(before);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + before.size());
  return text.substr(0, text.find(end));
}

struct frame_header {
  explicit frame_header(std::size_t text_size) {
    bytes[1] = static_cast<char>(text_size);
    if (text_size >= 126) {
      bytes[1] = 126, bytes[2] = static_cast<char>(text_size >> 8), bytes[3] = static_cast<char>(text_size);
      size = 4;
    }
  }
  char bytes[4] = {static_cast<char>(0x81), 0, 0, 0};
  std::size_t size = 2;
};

/// One writev; window and messages are small: a socket that takes less than all of it is a failure of the set-up.
void write_frame(int fd, std::string_view text) {
  frame_header header(text.size());
  const iovec parts[2] = {{header.bytes, header.size}, {const_cast<char*>(text.data()), text.size()}};
  if (::writev(fd, parts, 2) != static_cast<ssize_t>(header.size + text.size())) fail("bare_broadcast: writev");
}
void write_frames(int fd, std::string_view frames) {
  if (::write(fd, frames.data(), frames.size()) != static_cast<ssize_t>(frames.size())) fail("bare_broadcast: write");
}

class server {
public:
  server(std::uint16_t port, std::size_t burst)
      : epoll_(::epoll_create1(0)), listener_(::socket(AF_INET, SOCK_STREAM, 0)), burst_(burst) {
    const int yes = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(listener_, 1024) != 0)
      fail("bare_broadcast: listen");
    watch(listener_);
  }

  [[noreturn]] void run() {
    epoll_event ready[64];
    while (true) {
      const int count = ::epoll_wait(epoll_, ready, 64, -1);
      for (int i = 0; i < count; ++i) ready[i].data.fd == listener_ ? accept() : read(ready[i].data.fd);
    }
  }

private:
  void watch(int fd) {
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.fd = fd;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &e) != 0) fail("bare_broadcast: epoll_ctl");
  }

  void accept() {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
    if (fd < 0) fail("bare_broadcast: accept");
    const int yes = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    peers_[fd].fd = fd;
    watch(fd);
  }

  void read(int fd) {
    char bytes[16 * 1024];
    auto& p = peers_[fd];
    const auto size = ::read(fd, bytes, sizeof bytes);
    if (size <= 0) return leave(fd);
    p.unread.append(bytes, static_cast<std::size_t>(size));
    if (!p.is_upgraded) {
      const auto end = p.unread.find("\r\n\r\n");
      if (end == std::string::npos) return;
      p.unread.erase(0, end + 4);
      p.is_upgraded = true;
      constexpr std::string_view yes =
          "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
      if (::write(fd, yes.data(), yes.size()) < 0) fail("bare_broadcast: write");
    }
    for (std::string text; take_frame(p, text);) answer(fd, text);
  }

  /// The load's frames: masked, whole, below 64 kB; a pong or a close says nothing here.
  static bool take_frame(peer& p, std::string& text) {
    const auto& in = p.unread;
    const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<std::uint8_t>(in[at])); };
    if (in.size() < 6) return false;
    std::size_t size = byte(1) & 0x7f, header = 6;
    if (size == 126) {
      if (in.size() < 8) return false;
      size = byte(2) << 8 | byte(3);
      header = 8;
    }
    if (in.size() < header + size) return false;
    text.assign(in, header, size);
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(text[i] ^ in[header - 4 + i % 4]);
    p.unread.erase(0, header + size);
    return true;
  }

  void answer(int fd, std::string_view text) {
    const std::string id(between(text, "{\"id\":", ',')), name(between(text, "\"room\":\"", '"'));
    if (text.find("\"connect\"") != std::string_view::npos)
      return write_frame(fd, "{\"id\":" + id + ",\"connected\":{\"conn_id\":\"1\",\"node\":\"bare\"}}");
    auto& r = rooms_[name];
    if (text.find("\"join\"") != std::string_view::npos) {
      const auto at = "{\"term\":1764000000000,\"seq\":" + std::to_string(r.seq) + '}';
      r.readers.push_back(fd);
      return write_frame(fd, "[{\"id\":" + id + ",\"joined\":{\"room\":\"" + name + "\",\"head\":" + at +
                                 ",\"start\":" + at + "}},{\"live\":{\"room\":\"" + name + "\",\"at\":" + at + "}}]");
    }
    if (text.find("\"publish\"") == std::string_view::npos) return;
    broadcast(r, name, text);
    write_frame(fd, "{\"id\":" + id + ",\"published\":{\"room\":\"" + name + "\",\"seq\":" + std::to_string(r.seq) +
                        ",\"term\":1764000000000,\"at\":1764000000000,\"duplicate\":false}}");
  }

  void broadcast(room& r, const std::string& name, std::string_view publish) const {
    const auto before = std::to_string(r.seq), seq = std::to_string(++r.seq);
    const std::string batch = "{\"batch\":{\"room\":\"" + name + "\",\"prev\":" + before +
                              ",\"phase\":\"live\",\"events\":[{\"seq\":" + seq +
                              ",\"term\":1764000000000,\"kind\":\"message.created\",\"sender\":\"writer-0\","
                              "\"at\":1764000000000,\"client_msg_id\":\"" +
                              std::string(between(publish, "\"client_msg_id\":\"", '"')) + "\",\"text\":\"" +
                              std::string(between(publish, "\"text\":\"", '"')) + "\",\"version\":1}]}}";
    if (burst_ == 1) {
      for (const int fd : r.readers) write_frame(fd, batch);
      return;
    }
    const frame_header header(batch.size());
    r.waiting.append(header.bytes, header.size).append(batch);
    if (++r.waiting_count < burst_) return;
    for (const int fd : r.readers) write_frames(fd, r.waiting);
    r.waiting.clear();
    r.waiting_count = 0;
  }

  void leave(int fd) {
    for (auto& [name, r] : rooms_) std::erase(r.readers, fd);
    peers_.erase(fd);
    ::close(fd);
  }

  int epoll_, listener_;
  const std::size_t burst_;
  std::unordered_map<int, peer> peers_;
  std::unordered_map<std::string, room> rooms_;
};

}  // namespace

int main(int argc, char** argv) {
  const int port = argc >= 2 ? std::atoi(argv[1]) : 0, burst = argc == 3 ? std::atoi(argv[2]) : 1;
  if (port <= 0 || port > 65535 || burst <= 0 || argc > 3) {
    std::fputs(
        "usage: bare_broadcast PORT [MESSAGES]\n"
        "  listens on loopback until it is killed; sends so many messages of a room with one write (default: 1)\n",
        stderr);
    return 2;
  }
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  server(static_cast<std::uint16_t>(port), static_cast<std::size_t>(burst)).run();
}
