#include "differential/sets.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "crypto/der.h"
#include "pki/pem.h"

namespace tls::differential {
namespace {

namespace fs = std::filesystem;
using sallyport::chains::Chain;
using sallyport::der::Der;

constexpr std::int64_t kNow = 1782864000;               // 2026-07-01: within the validity of most of them
constexpr std::int64_t kBoringsslDefault = 1633435200;  // 2021-10-05T12:00:00Z, what DEFAULT means there
constexpr std::size_t kMostIssuers = 40;                // of one name, that are tried

std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The certificates of a file: PEM, or one in DER.
std::vector<Der> certificates(const fs::path& path) {
  const std::string text = slurp(path);
  if (!text.empty() && text[0] == 0x30) return {Der(text.begin(), text.end())};
  std::vector<Der> out;
  if (auto blocks = pki::parse_pem(text))
    for (auto& block : *blocks)
      if (block.label == "CERTIFICATE") out.push_back(block.der);
  return out;
}

/// A certificate with its names, so folded that names that might be equal are.
struct Known {
  std::string file;
  Der der;
  std::string issuer, subject;
  [[nodiscard]] bool self_issued() const { return issuer == subject; }
};

std::string folded(Bytes name) {
  std::string out;
  for (std::uint8_t c : name)
    if (std::isalnum(c) != 0) out += static_cast<char>(std::tolower(c));
  return out;
}

std::optional<Known> known(const std::string& file, const Der& der) {
  using crypto::der::kSequence;
  crypto::DerReader whole(der);
  crypto::DerReader outer(whole.take(kSequence).value);
  crypto::DerReader fields(outer.take(kSequence).value);
  (void)fields.take_if(crypto::der::context_constructed(0));
  (void)fields.next();
  (void)fields.next();
  Known out{file, der, folded(fields.take(kSequence).value), {}};
  (void)fields.next();
  out.subject = folded(fields.take(kSequence).value);
  if (!fields.ok()) return std::nullopt;
  return out;
}

std::vector<Known> pool_of(const fs::path& folder) {
  std::vector<Known> pool;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    for (const Der& der : certificates(entry.path()))
      if (auto one = known(entry.path().lexically_relative(folder).string(), der)) pool.push_back(std::move(*one));
  }
  std::ranges::sort(pool, {}, [](const Known& k) { return std::pair(k.file, k.der); });
  const auto same = std::ranges::unique(pool, {}, &Known::der);
  pool.erase(same.begin(), same.end());
  return pool;
}

std::vector<const Known*> issuers_of(const Known& subject, const std::vector<Known>& pool) {
  std::vector<const Known*> out;
  for (const Known& one : pool)
    if (one.subject == subject.issuer && one.der != subject.der && out.size() < kMostIssuers) out.push_back(&one);
  return out;
}

/// All that might stand above `leaf`.
std::vector<const Known*> above(const Known& leaf, const std::vector<Known>& pool) {
  std::vector<const Known*> out;
  std::set<const Known*> seen;
  std::vector<const Known*> todo = {&leaf};
  while (!todo.empty()) {
    const Known* const at = todo.back();
    todo.pop_back();
    for (const Known* next : issuers_of(*at, pool))
      if (seen.insert(next).second && out.size() < kMostIssuers) out.push_back(next), todo.push_back(next);
  }
  return out;
}

void take_both_roles(const std::string& id, Chain chain, const TakeChain& take) {
  chain.labels = {"set/" + id};
  chain.right = sallyport::chains::Right::open;
  take(id + " server", chain);
  chain.is_server = false;
  take(id + " client", chain);
}

/// Folders of certificates without a word about which belong together: names tell. Of a chain of three, one place at a
/// time takes all that fit.
void take_pool(const std::string& set, const fs::path& folder, const TakeChain& take) {
  const std::vector<Known> pool = pool_of(folder);
  for (const Known& leaf : pool) {
    const std::string id = set + leaf.file;
    std::vector<const Known*> first = issuers_of(leaf, pool);
    for (std::size_t i = 0; i < first.size(); ++i) {
      Chain chain{
          .roots = {first[i]->der}, .intermediates = {}, .leaf = leaf.der, .name = {}, .now = kNow, .labels = {}};
      if (first[i]->self_issued()) {
        take_both_roles(id + " < " + first[i]->file, chain, take);
        continue;
      }
      const std::vector<const Known*> second = issuers_of(*first[i], pool);
      for (std::size_t j = 0; j < second.size(); ++j) {
        if (i != 0 && j != 0) continue;
        chain.roots.clear();
        chain.intermediates = {first[i]->der};
        std::string path = id + " < " + first[i]->file + " < " + second[j]->file;
        if (second[j]->self_issued()) {
          chain.roots = {second[j]->der};
        } else {
          chain.intermediates.push_back(second[j]->der);
          for (const Known* one : above(*second[j], pool))
            (one->self_issued() ? chain.roots : chain.intermediates).push_back(one->der);
          path += " < ...";
        }
        if (!chain.roots.empty()) take_both_roles(path, chain, take);
      }
    }
  }
}

/// PKITS has one trust anchor.
void take_pkits(const fs::path& folder, const TakeChain& take) {
  const std::vector<Known> pool = pool_of(folder);
  const auto root = std::ranges::find(pool, "TrustAnchorRootCertificate.crt", &Known::file);
  if (root == pool.end()) return;
  for (const Known& leaf : pool) {
    if (leaf.file.find("EE") == std::string::npos) continue;
    Chain chain{.roots = {root->der}, .intermediates = {}, .leaf = leaf.der, .name = {}, .now = kNow, .labels = {}};
    for (const Known* one : above(leaf, pool))
      if (one != &*root) chain.intermediates.push_back(one->der);
    take_both_roles("pkits/" + leaf.file, chain, take);
  }
}

/// "151002120000Z".
std::int64_t seconds(const std::string& utc) {
  if (utc == "DEFAULT") return kBoringsslDefault;
  const auto two = [&](std::size_t at) { return std::stoi(utc.substr(at, 2)); };
  const std::chrono::year_month_day day{std::chrono::year(2000 + two(0)),
                                        std::chrono::month(static_cast<unsigned>(two(2))),
                                        std::chrono::day(static_cast<unsigned>(two(4)))};
  return std::chrono::sys_days(day).time_since_epoch().count() * std::int64_t{86400} + two(6) * 3600 + two(8) * 60 +
         two(10);
}

/// BoringSSL's *.test files: keys and values; the last certificate of the chain is the trust anchor.
void take_boringssl(const fs::path& folder, const TakeChain& take) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".test") files.push_back(entry.path());
  std::ranges::sort(files);
  for (const fs::path& file : files) {
    std::map<std::string, std::string> values;
    std::istringstream text(slurp(file));
    for (std::string line; std::getline(text, line);)
      if (const std::size_t colon = line.find(": "); colon != std::string::npos)
        values.emplace(line.substr(0, colon), line.substr(colon + 2));
    if (!values["last_cert_trust"].starts_with("TRUSTED_ANCHOR")) continue;
    std::vector<Der> chain = certificates(file.parent_path() / values["chain"]);
    if (chain.empty()) continue;
    Chain one{.roots = {chain.back()},
              .intermediates = {},
              .leaf = chain.front(),
              .name = {},
              .now = seconds(values["utc_time"]),
              .labels = {}};
    if (chain.size() > 1) one.intermediates.assign(chain.begin() + 1, chain.end() - 1);
    const std::string id = "boringssl/" + file.lexically_relative(folder).replace_extension().string();
    one.labels = {"set/" + id};
    one.right = sallyport::chains::Right::open;
    one.is_server = values["key_purpose"].find("CLIENT") == std::string::npos;
    take(id, one);
  }
}

}  // namespace

bool each_set_chain(const fs::path& folder, const TakeChain& take) {
  if (!fs::is_directory(folder)) return false;
  const fs::path boringssl = folder / "boringssl-pki", openssl = folder / "openssl" / "certs";
  const auto if_there = [](const fs::path& path, const auto& work) {
    if (fs::is_directory(path)) work(path);
  };
  if_there(boringssl / "nist-pkits" / "certs", [&](const fs::path& path) { take_pkits(path, take); });
  if_there(boringssl / "verify_certificate_chain_unittest", [&](const fs::path& path) { take_boringssl(path, take); });
  if_there(boringssl / "path_builder_unittest", [&](const fs::path& path) { take_pool("path-builder/", path, take); });
  if_there(openssl, [&](const fs::path& path) { take_pool("openssl/", path, take); });
  return true;
}

}  // namespace tls::differential
