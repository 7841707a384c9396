#include "storage/postgres/parameters.hpp"

#include <boost/endian/conversion.hpp>

#include <cstring>

namespace parley::postgres {
namespace {

template <class T>
void write(std::string& out, T number) {
  boost::endian::native_to_big_inplace(number);
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

template <class T>
void overwrite(std::string& out, std::size_t at, T number) {
  boost::endian::native_to_big_inplace(number);
  std::memcpy(out.data() + at, &number, sizeof number);
}

template <class T>
std::string one(T number) {
  std::string out;
  write(out, number);
  return out;
}

std::string_view bytes_of(const room_key& key) {
  return {reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()};
}

constexpr std::size_t null_flag_at = 4, count_at = 12, header_bytes = 20, length_bytes = 4;

std::size_t width_of(array::of type) {
  switch (type) {
    case array::of::int2: return 2;
    case array::of::int4: return 4;
    case array::of::int8: return 8;
    case array::of::uuid: return 16;
    case array::of::text:
    case array::of::bytea: return 0;
  }
  return 0;
}

/// Length and number in one piece.
template <class T>
void write_element(std::string& out, T number) {
  char bytes[length_bytes + sizeof number];
  boost::endian::store_big_s32(reinterpret_cast<unsigned char*>(bytes), sizeof number);
  boost::endian::native_to_big_inplace(number);
  std::memcpy(bytes + length_bytes, &number, sizeof number);
  out.append(bytes, sizeof bytes);
}

}  // namespace

array::array(of type, std::size_t expected) {
  bytes_.reserve(header_bytes + expected * (length_bytes + width_of(type)));
  write<std::int32_t>(bytes_, 1);  // dimensions
  write<std::int32_t>(bytes_, 0);  // has nulls
  write<std::uint32_t>(bytes_, static_cast<std::uint32_t>(type));
  write<std::int32_t>(bytes_, 0);  // elements
  write<std::int32_t>(bytes_, 1);  // lower bound
}

void array::add(std::int16_t number) {
  write_element(bytes_, number);
  ++count_;
}
void array::add(std::int32_t number) {
  write_element(bytes_, number);
  ++count_;
}
void array::add(std::int64_t number) {
  write_element(bytes_, number);
  ++count_;
}
void array::add(std::string_view bytes) {
  write(bytes_, static_cast<std::int32_t>(bytes.size()));
  bytes_.append(bytes);
  ++count_;
}
void array::add(const room_key& key) { add(bytes_of(key)); }
void array::add_null() {
  write<std::int32_t>(bytes_, -1);
  has_null_ = true;
  ++count_;
}

std::string array::take() {
  overwrite<std::int32_t>(bytes_, null_flag_at, has_null_);
  overwrite<std::int32_t>(bytes_, count_at, static_cast<std::int32_t>(count_));
  return std::move(bytes_);
}

parameters& parameters::add(std::int64_t number) {
  values_.push_back(one(number));
  return *this;
}
parameters& parameters::add(std::int32_t number) {
  values_.push_back(one(number));
  return *this;
}
parameters& parameters::add(std::int16_t number) {
  values_.push_back(one(number));
  return *this;
}
parameters& parameters::add(bool flag) {
  values_.emplace_back(1, static_cast<char>(flag));
  return *this;
}
parameters& parameters::add(std::string_view text) {
  values_.emplace_back(text);
  return *this;
}
parameters& parameters::add(const room_key& key) {
  values_.emplace_back(bytes_of(key));
  return *this;
}
parameters& parameters::add(array& values) {
  values_.push_back(values.take());
  return *this;
}

std::size_t parameters::bytes() const {
  std::size_t sum = 0;
  for (const auto& value : values_) sum += value.size();
  return sum;
}

}  // namespace parley::postgres
