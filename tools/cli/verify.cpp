// sallyport verify: is this chain trusted, and if not, which rule decided?
#include <CLI/CLI.hpp>
#include <chrono>
#include <ctime>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/files.h"
#include "crypto/hash.h"
#include "pki/anchor_sources.h"
#include "pki/leaf.h"
#include "pki/path_search.h"
#include "pki/server_name.h"
#include "tls/environment.h"

namespace sallyport::cli {
namespace {

using nlohmann::ordered_json;
namespace pki = tls::pki;

struct Options {
  std::string chain, roots, intermediates, name, time;
  bool client = false, json = false, explain = false;
};

/// Seconds since 1970 from "1798761600", "2027-01-01" or "2027-01-01T12:00:00Z".
std::int64_t parse_time(const std::string& text) {
  if (text.empty()) return std::chrono::floor<std::chrono::seconds>(tls::system_clock().wall()).count();
  for (const char* form : {"%s", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"}) {
    std::tm broken{};
    const bool number = std::string_view(form) == "%s";
    if (number && text.find_first_not_of("0123456789") != std::string::npos) continue;
    if (number && text.size() < 12) return std::stoll(text);
    const char* end = ::strptime(text.c_str(), form, &broken);
    if (end != nullptr && *end == '\0') return ::timegm(&broken);
  }
  throw Failure(kUsage, "--time " + text + ": give seconds since 1970, 2027-01-01, or 2027-01-01T12:00:00Z (UTC)");
}

std::string read_chain_file(const std::string& path) {
  if (path != "-") return read_file(path);
  return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
}

std::vector<pki::FoundCertificate> certificates_of(const std::string& path) {
  auto found = pki::read_certificates(read_chain_file(path));
  if (!found) throw Failure(kIo, "'" + path + "': " + found.error().detail());
  return std::move(*found);
}

pki::Anchors anchors_for(const Options& options) {
  std::vector<std::string> warnings;
  auto anchors = options.roots.empty() ? pki::read_system_anchors(&warnings)
                                       : pki::read_anchors(read_file(options.roots), pki::AnchorSource::roots);
  for (const std::string& words : warnings) std::cerr << "WARNING: " << words << "\n";
  if (!anchors)
    throw Failure(kIo, (options.roots.empty() ? "" : "'" + options.roots + "': ") + anchors.error().detail());
  if (!options.intermediates.empty())
    for (pki::FoundCertificate& one : certificates_of(options.intermediates))
      if (auto added = anchors->add_intermediate(std::move(one.der)); !added)
        throw Failure(kIo, "'" + options.intermediates + "', " + one.where + ": " + added.error().detail());
  return std::move(*anchors);
}

/// What was decided, and how.
struct Judged {
  std::optional<tls::Error> refusal;
  tls::Clock::Milliseconds valid_until{};
  pki::SearchReport report;
  std::optional<tls::Error> unreadable;  ///< of a certificate beside the leaf
};

tls::Result<tls::Clock::Milliseconds> judge(const Options& options, const pki::Anchors& anchors,
                                            const pki::PeerChain& chain, std::int64_t now, pki::SearchReport& report) {
  if (auto key = pki::leaf_public_key(chain.leaf()); !key) return std::unexpected(std::move(key).error());
  auto until = pki::find_path(anchors, chain, options.client ? pki::Role::client : pki::Role::server,
                              std::chrono::seconds(now), &report);
  if (!until || options.client) return until;
  if (auto named = pki::check_server_name(options.name, chain.leaf()); !named)
    return std::unexpected(std::move(named).error());
  return until;
}

std::string hex_sha256(tls::Bytes der) {
  const auto& sha256 = tls::crypto::select_hash(tls::crypto::HashId::sha256, tls::crypto::detect_cpu());
  const tls::crypto::Digest digest = tls::crypto::hash(sha256, der);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t b : digest.bytes()) {
    out += kDigits[b >> 4];
    out += kDigits[b & 15];
  }
  return out;
}

ordered_json describe(const tls::Error& error) {
  const tls::ErrorFacts& facts = tls::facts(error.code());
  return {{"code", facts.name},
          {"rule", facts.rule},
          {"alert", error.alert() ? ordered_json(tls::name(*error.alert())) : ordered_json(nullptr)},
          {"sentence", facts.sentence},
          {"detail", error.detail()}};
}

ordered_json describe(const pki::TriedPath& tried) {
  ordered_json certificates = ordered_json::array();
  for (const pki::Certificate* one : tried.path)
    certificates.push_back({{"subject", pki::display_name(one->subject)},
                            {"not_after", pki::display_time(one->not_after)},
                            {"sha256", hex_sha256(one->der)}});
  return {{"certificates", certificates},
          {"reaches_trust", tried.anchored},
          {"verdict", tried.refusal ? "refused" : "valid"},
          {"error", tried.refusal ? describe(*tried.refusal) : ordered_json(nullptr)}};
}

void print_json(const Options& options, const Judged& judged) {
  ordered_json paths = ordered_json::array();
  for (const pki::TriedPath& tried : judged.report.paths) paths.push_back(describe(tried));
  const std::int64_t until = std::chrono::floor<std::chrono::seconds>(judged.valid_until).count();
  std::cout << ordered_json{{"verdict", judged.refusal ? "refused" : "accepted"},
                            {"role", options.client ? "client" : "server"},
                            {"name", options.client ? ordered_json(nullptr) : ordered_json(options.name)},
                            {"error", judged.refusal ? describe(*judged.refusal) : ordered_json(nullptr)},
                            {"valid_until",
                             judged.refusal ? ordered_json(nullptr) : ordered_json(pki::display_time(until))},
                            {"paths", paths},
                            {"signatures_verified", judged.report.verifications},
                            {"certificates_visited", judged.report.steps}}
                   .dump()
            << "\n";
}

void explain(const Judged& judged) {
  std::size_t number = 0;
  for (const pki::TriedPath& tried : judged.report.paths) {
    std::cout << "path " << ++number << ":\n";
    for (std::size_t i = 0; i < tried.path.size(); ++i) {
      const bool anchor = tried.anchored && i + 1 == tried.path.size();
      std::cout << "  "
                << (i == 0   ? "leaf         "
                    : anchor ? "trust anchor "
                             : "issued by    ")
                << pki::display_name(tried.path[i]->subject) << ", valid until "
                << pki::display_time(tried.path[i]->not_after) << "\n";
    }
    std::cout << "  " << (tried.refusal ? "ends: " + tried.refusal->message() : "valid") << "\n";
  }
  if (judged.unreadable) std::cout << "left out: " << judged.unreadable->message() << "\n";
  std::cout << judged.report.verifications << " signatures verified, " << judged.report.steps
            << " certificates visited\n";
}

int run(const Options& options) {
  if (options.name.empty() && !options.client)
    throw Failure(kUsage, "whose chain is it? --name NAME: the server that was asked for; --client: a client");
  const std::int64_t now = parse_time(options.time);
  const pki::Anchors anchors = anchors_for(options);
  std::vector<std::vector<std::uint8_t>> ders;
  for (pki::FoundCertificate& one : certificates_of(options.chain)) ders.push_back(std::move(one.der));

  Judged judged;
  auto chain = pki::PeerChain::parse(ders);
  if (!chain) {
    judged.refusal = std::move(chain).error();
  } else {
    auto until = judge(options, anchors, **chain, now, judged.report);
    judged.unreadable = (*chain)->unreadable();
    if (until)
      judged.valid_until = *until;
    else
      judged.refusal = std::move(until).error();
  }
  if (options.json) print_json(options, judged);
  if (options.explain) explain(judged);
  if (!options.json)
    std::cout << (judged.refusal
                      ? "refused: " + judged.refusal->message()
                      : "accepted, until " +
                            pki::display_time(std::chrono::floor<std::chrono::seconds>(judged.valid_until).count()))
              << "\n";
  return judged.refusal ? kRefused : kDone;
}

Action define(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("CHAIN", options->chain, "The chain to judge, PEM or DER: the leaf first; - is the standard input")
      ->required();
  app.add_option("--roots", options->roots, "The roots to trust, PEM or DER; default: the system's");
  app.add_option("--intermediates", options->intermediates, "Certificates that may complete the chain; not trusted");
  auto* name = app.add_option("--name", options->name, "The host name or address that the server was asked for");
  app.add_flag("--client", options->client, "The chain is a client's: no name is looked at")->excludes(name);
  app.add_option("--time", options->time,
                 "When: seconds since 1970, 2027-01-01, or 2027-01-01T12:00:00Z; default: now");
  auto* json = app.add_flag("--json", options->json, "One JSON object, with every path that was tried and its end");
  app.add_flag("--explain", options->explain, "Every path that was tried, in words")->excludes(json);
  app.footer("Exit status: 0 accepted, 4 refused, 1 usage, 2 a file that cannot be read.");
  return [options] { return run(*options); };
}

}  // namespace

const Command kVerify = {"verify", "Judges a certificate chain, and says which rule decided", define};

}  // namespace sallyport::cli
