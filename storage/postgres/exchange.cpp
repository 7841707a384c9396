#include "storage/postgres/exchange.hpp"

namespace parley::postgres {

error to_error(const exchange_end& end) {
  if (end.refusal) return to_error(*end.refusal);
  return {errc::unavailable, end.reason};
}

error to_write_error(const exchange_end& end) {
  switch (end.how) {
    case exchange_end::fate::done: return {errc::outcome_unknown, "committed without the standby's word"};
    case exchange_end::fate::lost: return {errc::outcome_unknown, end.reason};
    case exchange_end::fate::refused:
    case exchange_end::fate::unsent: break;
  }
  return to_error(end);
}

}  // namespace parley::postgres
