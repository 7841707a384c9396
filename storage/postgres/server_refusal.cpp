#include "storage/postgres/server_refusal.hpp"

#include <string_view>

namespace parley::postgres {
namespace {

std::string field(const PGresult* r, int code) {
  const char* text = PQresultErrorField(r, code);
  return text ? text : "";
}

}  // namespace

server_refusal refusal_of(const PGresult* failed) {
  // Not the primary message's localized severity: the server may speak any language.
  const auto severity = field(failed, PG_DIAG_SEVERITY_NONLOCALIZED);
  server_refusal r{field(failed, PG_DIAG_SQLSTATE), field(failed, PG_DIAG_CONSTRAINT_NAME),
                   field(failed, PG_DIAG_MESSAGE_PRIMARY), severity != "ERROR"};
  if (r.message.empty()) r.message = PQresultErrorMessage(failed);
  return r;
}

refusal_kind kind_of(const server_refusal& r) {
  const std::string_view state = r.sqlstate;
  if (state == "PY001") return refusal_kind::room_forked;
  if (state == "23505") {
    if (r.constraint == "dedup_key") return refusal_kind::key_exists;
    if (r.constraint == "event_key") return refusal_kind::room_forked;
    return refusal_kind::unusable;
  }
  // 22: data exception. 23: a check or a not-null that some event breaks. 54000: a row or an index entry too large.
  if (state.starts_with("22") || state.starts_with("23") || state == "54000") return refusal_kind::bad_content;
  if (state == "55P03") return refusal_kind::locked;
  return refusal_kind::unusable;
}

error to_error(const server_refusal& r) {
  const auto detail = r.sqlstate + " " + r.message;
  switch (kind_of(r)) {
    case refusal_kind::room_forked: return {errc::room_forked, detail};
    case refusal_kind::bad_content: return {errc::refused_content, detail};
    case refusal_kind::key_exists:
    case refusal_kind::locked:
    case refusal_kind::unusable: break;
  }
  return {errc::unavailable, detail};
}

bool is_commit_doubt(const PGresult* notice) {
  if (field(notice, PG_DIAG_SEVERITY_NONLOCALIZED) != "WARNING") return false;
  if (field(notice, PG_DIAG_SOURCE_FUNCTION) == "SyncRepWaitForLSN") return true;
  // A fork of the server may name its functions otherwise: a warning that says neither is taken for one too.
  const auto state = field(notice, PG_DIAG_SQLSTATE);
  return state == "01000" || state.starts_with("57");
}

}  // namespace parley::postgres
