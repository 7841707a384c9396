#pragma once

#include <cstddef>
#include <span>

namespace parley::postgres {

/// A statement that every connection of its role prepares before it is used.
struct statement {
  const char* name;
  const char* sql;
};

namespace sql {

extern const statement identity;

extern const statement wait_for_locks;
extern const statement append;
extern const statement append_one;
extern const statement prove;
extern const statement forget_ended_keys;
extern const statement find_keys;
extern const statement recover;
extern const statement trim;
extern const statement yield;
extern const statement release;

extern const statement range;
extern const statement history;
extern const statement newest;
extern const statement heads;
extern const statement claim;
extern const statement claim_unlocked;

extern const statement renew;
extern const statement survey;
extern const statement departed;
extern const statement places;
extern const statement marks;
extern const statement sweep_keys;
extern const statement sweep_leases;

}  // namespace sql
}  // namespace parley::postgres
