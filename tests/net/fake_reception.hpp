#pragma once

#include "actors/ports/conversation.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace parley {

/// A reception whose conversations answer the simple operations and write down everything they hear.
class fake_reception final : public reception {
public:
  struct visit final : conversation {
    std::shared_ptr<session_port> session;
    fake_reception* owner = nullptr;

    void requested(client_request asked) override;
    void row_live(room_key, generation, position at) override {
      owner->note([&] { owner->live_at.push_back(at); });
    }
    void row_behind(room_key, generation, position at, bool) override {
      owner->note([&] { owner->behind_at.push_back(at); });
    }
    void drained(std::uint32_t token) override {
      owner->note([&] { owner->drained_tokens.push_back(token); });
    }
    void closed() override {
      owner->note([&] { ++owner->closed_count; });
    }
  };

  std::shared_ptr<conversation> open(std::shared_ptr<session_port> session, std::string) override {
    auto made = std::make_shared<visit>();
    made->session = std::move(session);
    made->owner = this;
    note([&] { visits.push_back(made); });
    return made;
  }

  /// Waits until the condition holds, or too long. @returns whether it holds
  bool until(std::function<bool()> holds) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), holds);
  }
  template <class Change>
  void note(Change change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }

  std::vector<std::shared_ptr<visit>> visits;
  std::vector<client_request> requests;
  std::vector<position> live_at, behind_at;
  std::vector<std::uint32_t> drained_tokens;
  int closed_count = 0;

private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

inline void fake_reception::visit::requested(client_request asked) {
  if (const auto* connect = std::get_if<request::connect>(&asked.body))
    session->send({asked.id, reply::connected{connect->user, {}}});
  else if (const auto* refused = std::get_if<request::refused>(&asked.body))
    session->send({asked.id, reply::failed{refused->why, {}, {}}});
  else if (std::holds_alternative<request::ping>(asked.body))
    session->send({asked.id, reply::pong{}});
  else if (const auto* join = std::get_if<request::join>(&asked.body))
    session->send({asked.id, reply::joined{join->room, {}, {}, std::nullopt}});
  owner->note([&] { owner->requests.push_back(std::move(asked)); });
}

}  // namespace parley
