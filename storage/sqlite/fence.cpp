#include "storage/sqlite/fence.hpp"

namespace parley::sqlite {

shard_verdict judge(connection& db, std::string_view owner, const shard_fence& fence) {
  auto q = db.run("SELECT owner, term, n FROM shard WHERE shard = ?", fence.shard);
  if (!q.step() || q.bytes(0) != owner || term{q.number(1)} != fence.term) return shard_verdict::not_owner;
  return attempt{q.number(2)} == fence.before ? shard_verdict::committed : shard_verdict::stale;
}

void pass(connection& db, const shard_fence& fence) {
  db.change("UPDATE shard SET n = ? WHERE shard = ?", fence.own, fence.shard);
}

}  // namespace parley::sqlite
