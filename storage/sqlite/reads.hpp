#pragma once

#include "actors/core/pages.hpp"
#include "actors/core/result.hpp"
#include "storage/sqlite/connection.hpp"

namespace parley::sqlite {

/// The reads of `event_log`, each within the caller's transaction: one snapshot. They throw `failure`.
/// @returns `unavailable` where a row is damaged: an event is never skipped
result<range_page> range(connection& db, const range_query& query);
result<history_page> history(connection& db, const history_query& query);

}  // namespace parley::sqlite
