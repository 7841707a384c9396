#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace parley::net {

/// How many connections each address (or user) has, over all threads. Bounded: a name without a connection is
/// forgotten.
class admission {
public:
  /// One connection's place; gives it back at its end. Must not outlive its admission.
  class place {
  public:
    place(admission& from, std::string name) : from_(from), name_(std::move(name)) {}
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() { from_.leave(name_); }

  private:
    admission& from_;
    std::string name_;
  };
  using place_ptr = std::unique_ptr<place>;

  /// @param places_max for one name; 0: no limit, and nothing is counted
  explicit admission(std::size_t places_max) : places_max_(places_max) {}

  bool is_unlimited() const { return places_max_ == 0; }
  /// Null when every place of that name is taken.
  place_ptr enter(const std::string& name);

private:
  void leave(const std::string& name);

  const std::size_t places_max_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> taken_;
};

}  // namespace parley::net
