#include "loadtest/report/page.hpp"

#include "loadtest/report/assets.hpp"
#include "loadtest/report/html.hpp"
#include "loadtest/report/plots.hpp"
#include "loadtest/report/tables.hpp"

#include <openssl/evp.h>

#include <array>
#include <map>
#include <stdexcept>
#include <string_view>

namespace parley::load::reporting {
namespace {

/// As a content security policy names a script: 'sha256-BASE64' (CSP3 §2.3.1).
std::string hash_source(std::string_view script) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(script.data(), script.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("SHA-256 failed");
  std::array<unsigned char, 4 * ((EVP_MAX_MD_SIZE + 2) / 3) + 1> text{};
  const int length = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
  return "'sha256-" + std::string(reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length)) + "'";
}

/// One pass: what stands in a value is never looked at for further names.
std::string filled(std::string_view page, const std::map<std::string, std::string, std::less<>>& values) {
  std::string all;
  while (true) {
    const auto begin = page.find("{{");
    const auto end = page.find("}}", begin);
    if (begin == page.npos || end == page.npos) return all += page;
    all += page.substr(0, begin);
    all += values.at(std::string(page.substr(begin + 2, end - begin - 2)));
    page.remove_prefix(end + 2);
  }
}

std::string title_of(const std::vector<run_result>& runs) {
  const auto& first = runs.front();
  if (runs.size() == 1) return first.scenario + ", " + first.started;
  return first.scenario + ": " + std::to_string(runs.size()) + " runs compared";
}

}  // namespace

std::string page_of(const std::vector<run_result>& runs) {
  const auto library = asset("uPlot.iife.min.js"), ours = asset("report.js");
  return filled(asset("report.html"), {{"title", escaped(title_of(runs))},
                                       {"scripts", hash_source(library) + " " + hash_source(ours)},
                                       {"library_style", std::string(asset("uPlot.min.css"))},
                                       {"style", std::string(asset("report.css"))},
                                       {"body", verdict(runs) + cautions(runs) + comparison(runs)},
                                       {"origins", origins(runs)},
                                       {"plots", escaped_json(plots_of(runs))},
                                       {"licence", escaped(asset("LICENSE"))},
                                       {"library", std::string(library)},
                                       {"script", std::string(ours)}});
}

}  // namespace parley::load::reporting
