#include "node/metrics.hpp"

#include "node/chat_metrics.hpp"
#include "node/front_metrics.hpp"
#include "node/peer_metrics.hpp"
#include "node/process_metrics.hpp"
#include "node/store_metrics.hpp"

#include <prometheus/text_serializer.h>

#include <vector>

namespace parley {

struct metrics::probes {
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
  process_metrics process;
  chat_metrics chat{metric_book{registry}};
  front_metrics front{metric_book{registry}};
  peer_metrics peers{metric_book{registry}};
  std::vector<std::unique_ptr<postgres_metrics>> postgres;
  std::vector<std::unique_ptr<redis_metrics>> redis;

  explicit probes(const std::string& version) : process(version) {}
};

metrics::metrics(const std::string& version, std::size_t databases, std::size_t endpoints)
    : probes_(std::make_unique<probes>(version)) {
  const metric_book book{probes_->registry};
  for (std::size_t i = 1; i <= databases; ++i) {
    probes_->postgres.push_back(std::make_unique<postgres_metrics>(book, std::to_string(i)));
  }
  for (std::size_t i = 1; i <= endpoints; ++i) {
    probes_->redis.push_back(std::make_unique<redis_metrics>(book, std::to_string(i)));
  }
}

metrics::~metrics() = default;

chat_probe& metrics::chat() { return probes_->chat; }
net::front_probe& metrics::front() { return probes_->front; }

net::peer_probe& metrics::peers() { return probes_->peers; }
postgres_probe& metrics::postgres(std::size_t place) { return *probes_->postgres.at(place); }
redis_probe& metrics::redis(std::size_t place) { return *probes_->redis.at(place); }

void metrics::watch(const std::string& name, const std::string& help, std::function<double()> what) {
  probes_->process.watch(name, help, std::move(what));
}

std::string metrics::text() const {
  auto families = probes_->registry.Collect();
  auto process = probes_->process.Collect();
  families.insert(families.end(), std::make_move_iterator(process.begin()), std::make_move_iterator(process.end()));
  return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace parley
