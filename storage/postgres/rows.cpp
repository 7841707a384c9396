#include "storage/postgres/rows.hpp"

#include <boost/endian/conversion.hpp>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace parley::postgres {
namespace {

template <class T>
T number(const PGresult* r, int row, int column) {
  if (PQgetisnull(r, row, column) || PQgetlength(r, row, column) != sizeof(T)) {
    std::fprintf(stderr, "postgres: column %d (%s) is not what its reader expects\n", column, PQfname(r, column));
    std::abort();
  }
  T value;
  std::memcpy(&value, PQgetvalue(r, row, column), sizeof value);
  return boost::endian::big_to_native(value);
}

}  // namespace

std::int16_t rows::int2(int row, int column) const { return number<std::int16_t>(result_.get(), row, column); }
std::int32_t rows::int4(int row, int column) const { return number<std::int32_t>(result_.get(), row, column); }
std::int64_t rows::int8(int row, int column) const { return number<std::int64_t>(result_.get(), row, column); }
bool rows::flag(int row, int column) const { return number<std::int8_t>(result_.get(), row, column) != 0; }

std::string_view rows::bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::size_t rows::affected() const {
  const std::string_view text = PQcmdTuples(result_.get());
  std::size_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

}  // namespace parley::postgres
