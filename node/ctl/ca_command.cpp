#include "node/ctl/ca_command.hpp"

#include "node/ctl/certificate_authority.hpp"
#include "node/ctl/new_file.hpp"
#include "node/ctl/refusal.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace parley::ctl {
namespace {

namespace fs = std::filesystem;

constexpr auto authority_file = "ca.pem";
constexpr auto authority_key_file = "ca.key";

struct ca_wishes {
  std::string folder;
  std::string out;
  std::string node;
  std::vector<std::string> hosts;
  int days = 0;
};

bool is_name_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}
/// As the setting `node_name` takes it.
std::string judge_node(const std::string& text) {
  const bool is_fine = !text.empty() && text.size() <= 64 && std::ranges::all_of(text, is_name_letter);
  return is_fine ? "" : "is no name of 1 to 64 letters, digits, '-', '.' or '_'";
}
std::string judge_host(const std::string& text) {
  const auto is_letter = [](char c) { return is_name_letter(c) || c == ':'; };
  const bool is_fine = !text.empty() && text.size() <= 253 && std::ranges::all_of(text, is_letter);
  return is_fine ? "" : "is no host name or IP address";
}

template <class T>
T or_refuse(result<T> made) {
  if (made) return std::move(*made);
  const bool is_input = made.error().code == errc::refused_content;
  throw refusal(is_input ? exit_code::no_input : exit_code::internal, made.error().detail);
}

void say(const boost::json::object& what, bool is_json) {
  if (is_json) {
    std::printf("%s\n", boost::json::serialize(what).c_str());
    return;
  }
  for (const auto& [name, value] : what) {
    const auto text = value.is_string() ? std::string{value.get_string()} : boost::json::serialize(value);
    std::printf("%-12s %s\n", std::string{name}.c_str(), text.c_str());
  }
}

void init(const ca_wishes& w, bool is_json) {
  const fs::path folder{w.folder};
  const auto made = or_refuse(ca::make_authority(std::chrono::days{w.days}));
  make_files(folder, {{folder / authority_key_file, made.key, true}, {folder / authority_file, made.certificate}});
  say({{"authority", (folder / authority_file).string()},
       {"key", (folder / authority_key_file).string()},
       {"not_after", ca::end_of_life(made.certificate)}},
      is_json);
}

void issue(const ca_wishes& w, bool is_json) {
  const fs::path folder{w.folder}, out{w.out};
  const ca::credentials authority{read_file(folder / authority_file), read_file(folder / authority_key_file)};
  const auto made = or_refuse(ca::issue(authority, {w.node, w.hosts, std::chrono::days{w.days}}));
  make_files(out, {{out / "node.key", made.key, true},
                   {out / "node.pem", made.certificate},
                   {out / authority_file, authority.certificate}});
  boost::json::array names{boost::json::string(w.node)};
  for (const auto& host : w.hosts) names.emplace_back(host);
  say({{"node", w.node},
       {"names", std::move(names)},
       {"authority", (out / authority_file).string()},
       {"certificate", (out / "node.pem").string()},
       {"key", (out / "node.key").string()},
       {"not_after", ca::end_of_life(made.certificate)}},
      is_json);
}

}  // namespace

void add_ca(CLI::App& app, const bool& is_json) {
  auto* all = app.add_subcommand("ca", "The cluster's certificates: who is a node of it")->require_subcommand(1);
  all->fallthrough();

  auto first = std::make_shared<ca_wishes>();
  first->days = 3'650;
  auto* made = all->add_subcommand("init", "Makes the cluster's certificate authority: DIR/ca.pem and DIR/ca.key");
  made->fallthrough();
  made->add_option("DIR", first->folder, "A folder that is kept apart from the nodes; made if need be")->required();
  made->add_option("--days", first->days, "How long it is valid")->check(CLI::Range(1, 36'500))->capture_default_str();
  made->callback([first, &is_json] { init(*first, is_json); });

  auto next = std::make_shared<ca_wishes>();
  next->days = 825;
  auto* issued = all->add_subcommand(
      "issue", "Makes a node's certificate and key: DIR2/node.pem, DIR2/node.key, and the authority's DIR2/ca.pem");
  issued->fallthrough();
  issued->add_option("DIR", next->folder, "The authority's folder")->required();
  issued->add_option("--node", next->node, "The node's name, as its setting `node_name` says it")
      ->required()
      ->check(CLI::Validator(judge_node, "NAME"));
  issued->add_option("--host", next->hosts, "A host name or IP address of it, for other tools; repeatable")
      ->allow_extra_args(false)
      ->check(CLI::Validator(judge_host, "HOST"));
  issued->add_option("--out", next->out, "Where the node's files go; made if need be")->required()->type_name("DIR2");
  issued->add_option("--days", next->days, "How long it is valid")->check(CLI::Range(1, 36'500))->capture_default_str();
  issued->callback([next, &is_json] { issue(*next, is_json); });
}

}  // namespace parley::ctl
