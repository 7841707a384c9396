#pragma once

#include "tests/contract/fan_out_rigs.hpp"
#include "tests/support/private_redis_cluster.hpp"

#include <stdexcept>
#include <string>

namespace parley::testing {

/// One for all tests of the process, whole when a test asks for it.
inline private_redis_cluster& shared_redis_cluster() {
  static private_redis_cluster cluster;
  cluster.make_whole();
  return cluster;
}

inline redis_options cluster_options(std::string url) {
  redis_options options;
  options.url = std::move(url);
  options.cluster_id = "c1";
  options.retry_delay_max = milliseconds{100};
  return options;
}

/// Two nodes and the cluster. A link to each master stands.
class cluster_rig {
public:
  cluster_rig() : cluster_rig(std::vector<std::string>{}) {}
  explicit cluster_rig(std::vector<std::string> keys)
      : cluster_(shared_redis_cluster()), writer_(options(keys)), reader_(options(keys)) {
    writer_.fan_out().start();
    reader_.fan_out().start();
    if (!eventually([this] { return writer_.probe().links == 3 && reader_.probe().links == 3; }))
      throw std::runtime_error("the links do not open");
  }

  fan_out& writer() { return writer_.fan_out(); }
  fan_out& reader() { return reader_.fan_out(); }
  recording_sink& sink() { return reader_.sink(); }
  private_redis_cluster& cluster() { return cluster_; }
  redis_node& writer_node() { return writer_; }
  redis_node& reader_node() { return reader_; }

private:
  redis_options options(const std::vector<std::string>& keys) const {
    auto made = cluster_options(cluster_.url());
    made.keys = keys;
    return made;
  }

  private_redis_cluster& cluster_;
  redis_node writer_, reader_;
};

}  // namespace parley::testing
