#include "storage/postgres/link_pool.hpp"

#include <algorithm>
#include <utility>

namespace parley::postgres {

link_pool::link_pool(const std::shared_ptr<database_context>& context, link_role role, std::size_t links,
                     std::size_t waiting_max)
    : waiting_max_(waiting_max) {
  for (std::size_t i = 0; i < std::max<std::size_t>(links, 1); ++i) {
    links_.push_back(std::make_shared<link>(context, role));
    links_.back()->changed = [this] { pump(); };
  }
}

link_pool::~link_pool() {
  for (auto& l : links_) l->changed = [] {};
}

void link_pool::start() {
  for (auto& l : links_) l->start();
}

void link_pool::stop(const std::string& reason) {
  is_stopped_ = true;
  for (auto& l : links_) l->stop(reason);
  for (auto left = std::exchange(waiting_, {}); auto& e : left) refuse(e, reason.c_str());
}

void link_pool::submit(exchange e) {
  if (is_stopped_) return refuse(e, "the node stops");
  if (auto* free = best(); free && waiting_.empty()) return free->submit(std::move(e));
  if (!has_hope()) return refuse(e, "the database is out of reach");
  if (waiting_.size() >= waiting_max_) return refuse(e, "too many reads wait for the database");
  waiting_.push_back(std::move(e));
}

link* link_pool::best() const {
  link* least = nullptr;
  for (const auto& l : links_)
    if (l->has_room() && (!least || l->load() < least->load())) least = l.get();
  return least;
}

bool link_pool::has_hope() const {
  return std::any_of(links_.begin(), links_.end(), [](const auto& l) { return l->has_hope(); });
}

void link_pool::pump() {
  while (!waiting_.empty()) {
    auto* free = best();
    if (!free) break;
    auto e = std::move(waiting_.front());
    waiting_.pop_front();
    free->submit(std::move(e));
  }
  if (waiting_.empty() || has_hope()) return;
  for (auto left = std::exchange(waiting_, {}); auto& e : left) refuse(e, "the database is out of reach");
}

void link_pool::refuse(exchange& e, const char* reason) {
  exchange_end end;
  end.reason = reason;
  e.done(std::move(end));
}

}  // namespace parley::postgres
