#pragma once

#include "storage/postgres/link.hpp"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace parley::postgres {

/// Some equal links and one queue before them, so that a slow statement holds up only what shares its connection.
/// On the strand only.
class link_pool {
public:
  link_pool(const std::shared_ptr<database_context>& context, link_role role, std::size_t links,
            std::size_t waiting_max);
  ~link_pool();

  void start();
  void stop(const std::string& reason);
  /// `unsent` at once where the queue is full, or where no link can connect.
  void submit(exchange e);

private:
  link* best() const;
  bool has_hope() const;
  void pump();
  void refuse(exchange& e, const char* reason);

  std::vector<std::shared_ptr<link>> links_;
  std::deque<exchange> waiting_;
  std::size_t waiting_max_;
  bool is_stopped_ = false;
};

}  // namespace parley::postgres
