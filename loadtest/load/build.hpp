#pragma once

#include <string>

namespace parley::load {

std::string build_version();
/// "eddff98c0ffe", with "-changed" where the tree had changes that were not committed; "?" outside a repository.
std::string build_commit();

}  // namespace parley::load
