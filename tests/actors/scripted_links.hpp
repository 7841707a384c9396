#pragma once

#include "actors/ports/peer_network.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

/// Links between nodes, as the tests of the actors see them: what was sent is remembered, the test plays the other end.
namespace parley::testing {

class scripted_link final : public peer_link {
public:
  bool send(peer::item item) override {
    if (is_full) return false;
    sent.push_back(std::move(item));
    return true;
  }
  void close() override { is_closed = true; }

  template <class Item>
  std::vector<Item> all() const {
    std::vector<Item> found;
    for (const auto& item : sent) {
      if (const auto* one = std::get_if<Item>(&item)) found.push_back(*one);
    }
    return found;
  }

  std::vector<peer::item> sent;
  bool is_full = false;
  bool is_closed = false;
};

class scripted_network final : public peer_network {
public:
  struct attempt {
    peer_place where;
    std::shared_ptr<peer_link_sink> sink;
    std::shared_ptr<scripted_link> link;
  };
  void serve(peer_door* to) override { door = to; }
  std::shared_ptr<peer_link> dial(peer_place where, std::shared_ptr<peer_link_sink> sink) override {
    dialled.push_back({std::move(where), std::move(sink), std::make_shared<scripted_link>()});
    return dialled.back().link;
  }

  std::vector<attempt> dialled;
  peer_door* door = nullptr;
};

}  // namespace parley::testing
