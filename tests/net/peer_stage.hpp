#pragma once

#include "net/peer/peer_mesh.hpp"

#include "node/ctl/certificate_authority.hpp"
#include "node/io_thread.hpp"
#include "tests/net/given_peer.hpp"
#include "tests/support/eventually.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

/// Meshes in one process, on loopback, with certificates made for the test.
namespace parley::testing {

struct quiet_log final : log {
  bool is_on(log_level) const override { return false; }
  void write(log_level, std::string_view, std::initializer_list<log_field>) override {}
};

struct counting_peer_probe final : net::peer_probe {
  std::atomic<int> opened{0}, closed{0}, pings_lost{0};
  std::atomic<std::size_t> items_out{0}, items_in{0}, frames_out{0};

  void link_opened() override { ++opened; }
  void link_closed(net::peer_end) override { ++closed; }
  void refused(net::peer_end why) override { ++refused_[static_cast<std::size_t>(why)]; }
  void frame_written(std::size_t, std::size_t items) override { items_out += items, ++frames_out; }
  void frame_received(std::size_t, std::size_t items) override { items_in += items; }
  void ping_lost() override { ++pings_lost; }

  /// For whatever reason.
  int refusals() const { return std::accumulate(refused_.begin(), refused_.end(), 0); }
  int refused_for(net::peer_end why) const { return refused_[static_cast<std::size_t>(why)]; }

private:
  std::array<std::atomic<int>, net::peer_end_count> refused_{};
};

/// Writes down what a link told its holder.
class told_sink final : public peer_link_sink {
public:
  void opened() override { ++opens; }
  void received(std::vector<peer::item> got) override {
    const std::lock_guard lock(mutex_);
    for (auto& one : got) items_.push_back(std::move(one));
  }
  void closed(std::string why) override {
    const std::lock_guard lock(mutex_);
    why_ = std::move(why);
    ++closes;
  }

  std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }
  std::vector<peer::item> items() const {
    const std::lock_guard lock(mutex_);
    return items_;
  }
  std::string why() const {
    const std::lock_guard lock(mutex_);
    return why_;
  }

  std::atomic<int> opens{0}, closes{0};

private:
  mutable std::mutex mutex_;
  std::vector<peer::item> items_;
  std::string why_;
};

/// Takes every link, or none.
class open_door final : public peer_door {
public:
  struct visit {
    node_identity who;
    std::shared_ptr<peer_link> link;
    std::shared_ptr<told_sink> sink;
  };

  std::shared_ptr<peer_link_sink> accepted(node_identity who, std::shared_ptr<peer_link> link) override {
    const std::lock_guard lock(mutex_);
    if (!takes) return nullptr;
    visits_.push_back({std::move(who), std::move(link), std::make_shared<told_sink>()});
    return visits_.back().sink;
  }
  std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return visits_.size();
  }
  visit last() const {
    const std::lock_guard lock(mutex_);
    return visits_.back();
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    visits_.clear();
  }

  std::atomic<bool> takes{true};

private:
  mutable std::mutex mutex_;
  std::vector<visit> visits_;
};

/// A folder of PEM files: an authority's, and what it issued.
class paper_folder {
public:
  paper_folder() {
    static std::atomic<int> number{0};
    path_ = std::filesystem::temp_directory_path() /
            ("parley-peer-" + std::to_string(::getpid()) + '-' + std::to_string(++number));
    std::filesystem::create_directories(path_);
    authority_ = ca::make_authority().value();
    write("ca.pem", authority_.certificate);
  }
  ~paper_folder() { std::filesystem::remove_all(path_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return (path_ / name).string();
  }
  /// The certificate and key of a node, as options name them.
  void give(net::peer_options& to, const std::string& node, std::chrono::days lifetime = std::chrono::days{2}) const {
    const auto made = ca::issue(authority_, {node, {"127.0.0.1"}, lifetime}).value();
    to.authority = (path_ / "ca.pem").string();
    to.certificate = write(node + ".pem", made.certificate);
    to.key = write(node + ".key", made.key);
  }

private:
  std::filesystem::path path_;
  ca::credentials authority_;
};

inline net::peer_options options_of(const std::string& node) {
  net::peer_options o;
  o.self = {"6f1dcluster", {node, node + "-life"}, 256};
  o.patience.sweep = milliseconds{20};
  return o;
}

/// A node's links, with a thread of their own.
class running_mesh {
public:
  explicit running_mesh(net::peer_options options)
      : thread_("parley-peer"), told_(options), mesh_(thread_.io, std::move(options), out_, probe) {
    const auto why = mesh_.listen();
    INFO(why);
    REQUIRE(why.empty());
    mesh_.serve(&door);
  }
  ~running_mesh() {
    mesh_.stop();
    door.forget();  // its links end before their thread
    thread_.finish();
  }

  peer_place place() const { return {told_.self.node, "127.0.0.1:" + std::to_string(mesh_.port())}; }
  std::uint16_t port() const { return mesh_.port(); }
  net::peer_mesh& mesh() { return mesh_; }

  counting_peer_probe probe;
  open_door door;

private:
  quiet_log out_;
  io_thread thread_;
  net::peer_options told_;
  net::peer_mesh mesh_;
};

/// One dialled link and its sink.
struct dialled {
  dialled(running_mesh& from, peer_place to)
      : sink(std::make_shared<told_sink>()), link(from.mesh().dial(std::move(to), sink)) {}
  ~dialled() { link->close(); }

  bool is_open() const {
    return eventually([&] { return sink->opens > 0 || sink->closes > 0; }) && sink->closes == 0;
  }
  /// @returns why it ended; empty if it does not
  std::string end() const {
    return eventually([&] { return sink->closes > 0; }) ? sink->why() : std::string{};
  }

  std::shared_ptr<told_sink> sink;
  std::shared_ptr<peer_link> link;
};

inline bool begins_with(const std::string& text, net::peer_end why) { return text.starts_with(net::text_of(why)); }

}  // namespace parley::testing
