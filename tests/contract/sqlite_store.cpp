#include "tests/contract/sqlite_store.hpp"

#include "storage/sqlite/sqlite_database.hpp"
#include "tests/contract/store.hpp"

#include <stdexcept>

namespace parley::contract {
namespace {

std::filesystem::path make_folder() {
  auto name = (std::filesystem::temp_directory_path() / "parley-contract-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("cannot make " + name);
  return name;
}

class sqlite_store final : public store {
public:
  explicit sqlite_store(store_wishes wishes) : wishes_(wishes) { reopen(); }

  event_log& events() override { return *database_; }
  ownership_log& ownership() override { return *database_; }
  void reopen() override {
    database_.reset();  // the file's lock has one holder
    auto opened = sqlite_database::open(options(), log_);
    if (!opened) throw std::runtime_error(opened.error().detail);
    database_ = std::move(*opened);
  }

private:
  sqlite_options options() const {
    sqlite_options made;
    made.path = folder_.file("parley.db");
    made.shards = wishes_.shards;
    made.dedup_window = wishes_.dedup_window;
    made.checked = wishes_.checked;
    return made;
  }

  store_wishes wishes_;
  temporary_folder folder_;
  silent_log log_;
  std::unique_ptr<sqlite_database> database_;
};

}  // namespace

temporary_folder::temporary_folder() : path_(make_folder()) {}

temporary_folder::~temporary_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::unique_ptr<store> make_store(store_wishes wishes) { return std::make_unique<sqlite_store>(wishes); }

}  // namespace parley::contract
