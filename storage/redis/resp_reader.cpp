#include "storage/redis/resp_reader.hpp"

#include <hiredis/hiredis.h>

#include <new>
#include <utility>

namespace parley {
namespace {

using value_kind = resp_value::value_kind;

/// Where the value of a task stands: a root of its own, or the next element of its parent, for which `make_array`
/// reserved room, so that the pointers that hiredis holds stay good.
resp_value* make_value(const redisReadTask* task, value_kind kind) {
  if (!task->parent) {
    auto* root = new resp_value;
    root->kind = kind;
    return root;
  }
  auto& siblings = static_cast<resp_value*>(task->parent->obj)->elements;
  if (siblings.size() == siblings.capacity()) return nullptr;
  siblings.emplace_back().kind = kind;
  return &siblings.back();
}

// The functions below are called from C: nothing may be thrown out of them. hiredis answers a null with its own error.

void* make_string(const redisReadTask* task, char* text, std::size_t size) noexcept try {
  const auto kind = task->type == REDIS_REPLY_ERROR    ? value_kind::error
                    : task->type == REDIS_REPLY_STATUS ? value_kind::status
                                                       : value_kind::string;
  std::string copy(text, size);
  auto* made = make_value(task, kind);
  if (made) made->text = std::move(copy);
  return made;
} catch (const std::bad_alloc&) {
  return nullptr;
}

void* make_array(const redisReadTask* task, int elements) noexcept try {
  if (!static_cast<resp_reader*>(task->privdata)->has_room_for(elements)) return nullptr;
  std::vector<resp_value> places;
  places.reserve(static_cast<std::size_t>(elements));
  auto* made = make_value(task, value_kind::array);
  if (made) made->elements = std::move(places);
  return made;
} catch (const std::bad_alloc&) {
  return nullptr;
}

void* make_integer(const redisReadTask* task, long long number) noexcept try {
  auto* made = make_value(task, value_kind::integer);
  if (made) made->number = number;
  return made;
} catch (const std::bad_alloc&) {
  return nullptr;
}

void* make_nil(const redisReadTask* task) noexcept try {
  return make_value(task, value_kind::nil);
} catch (const std::bad_alloc&) {
  return nullptr;
}

/// Only ever called for a root.
void free_value(void* value) noexcept { delete static_cast<resp_value*>(value); }

redisReplyObjectFunctions functions{make_string, make_array, make_integer, make_nil, free_value};

}  // namespace

void resp_reader::closer::operator()(redisReader* reader) const { redisReaderFree(reader); }

resp_reader::resp_reader(resp_limits limits)
    : limits_(limits), values_left_(limits.values_max), reader_(redisReaderCreateWithFunctions(&functions)) {
  if (!reader_) throw std::bad_alloc{};
  reader_->privdata = this;
  reader_->maxbuf = 64u << 10;  // a buffer grown by one large value is given back
}

resp_reader::~resp_reader() = default;

bool resp_reader::feed(std::string_view bytes) {
  if (!fault_.empty()) return false;
  value_bytes_ += bytes.size();
  if (value_bytes_ > limits_.value_bytes_max) {
    fail("a value larger than allowed");
    return false;
  }
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) fail(reader_->errstr);
  return fault_.empty();
}

std::optional<resp_value> resp_reader::next() {
  if (!fault_.empty()) return std::nullopt;
  void* got = nullptr;
  if (redisReaderGetReply(reader_.get(), &got) != REDIS_OK) {
    fail(reader_->errstr);
    return std::nullopt;
  }
  const std::unique_ptr<resp_value> value(static_cast<resp_value*>(got));
  if (!value) return std::nullopt;
  value_bytes_ = reader_->len - reader_->pos;
  values_left_ = limits_.values_max;
  return std::move(*value);
}

bool resp_reader::has_room_for(int elements) {
  const auto count = static_cast<std::size_t>(elements);
  if (elements < 0 || count > limits_.elements_max || count > values_left_) return false;
  values_left_ -= count;
  return true;
}

void resp_reader::fail(std::string why) { fault_ = why.empty() ? "not RESP2" : std::move(why); }

}  // namespace parley
