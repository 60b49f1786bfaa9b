// sallyport verify: is this chain trusted, and if not, which rule decided?
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/crl.h"
#include "cli/files.h"
#include "cli/times.h"
#include "crypto/hash.h"
#include "pki/anchor_sources.h"
#include "pki/judge.h"
#include "pki/server_name.h"
#include "tls/environment.h"

namespace sallyport::cli {
namespace {

using nlohmann::ordered_json;
namespace pki = tls::pki;

struct Options {
  std::string chain, roots, intermediates, name, time;
  CrlOptions crls;
  bool client = false, json = false, explain = false;
};

std::int64_t time_of(const std::string& text) {
  if (text.empty()) return std::chrono::floor<std::chrono::seconds>(tls::system_clock().wall()).count();
  if (const auto seconds = parse_time(text)) return *seconds;
  throw Failure(kUsage,
                "--time " + text + ": give seconds since 1970, 2027-01-01, or 2027-01-01T12:00:00Z (UTC), to 9999");
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

/// The file of --roots. All must be roots: whoever gives a bundle is told how to split it.
tls::Result<pki::Anchors> read_roots(const std::string& path) {
  const std::string text = read_file(path);
  auto anchors = pki::read_anchors(text, pki::AnchorSource::roots);
  if (anchors) return anchors;
  const bool bundle = pki::read_anchors(text, pki::AnchorSource::mixture).has_value();
  return tls::fail(anchors.error().code(), "'" + path + "': " + anchors.error().detail() +
                                               (bundle ? "; name the others with --intermediates" : ""));
}

pki::Anchors anchors_for(const Options& options) {
  std::vector<std::string> warnings;
  auto anchors = options.roots.empty() ? pki::read_system_anchors(&warnings) : read_roots(options.roots);
  for (const std::string& words : warnings) std::cerr << "WARNING: " << words << "\n";
  if (!anchors) throw Failure(kIo, anchors.error().detail());
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
  std::optional<pki::CrlCoverage> crl;  ///< in which the leaf was looked for
  pki::SearchReport report;
  std::optional<tls::Error> unreadable;  ///< of a certificate beside the leaf
};

std::string hex_sha256(tls::Bytes der) {
  const tls::crypto::Cpu cpu = tls::crypto::detect_cpu();
  const auto& sha256 = tls::crypto::select_hash(tls::crypto::HashId::sha256, cpu);
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
                            {"not_after", rfc3339(one->not_after)},
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
                            {"valid_until", judged.refusal ? ordered_json(nullptr) : ordered_json(rfc3339(until))},
                            {"crl_until", judged.crl ? ordered_json(rfc3339(judged.crl->next_update)) : nullptr},
                            {"paths", paths},
                            {"left_out", judged.unreadable ? describe(*judged.unreadable) : ordered_json(nullptr)},
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
  if (!options.client)
    if (const auto name = pki::ServerName::parse(options.name); !name)
      throw Failure(kUsage, "--name: " + name.error().detail() +
                                (options.name.find_first_of("/:[]") == std::string::npos
                                     ? ""
                                     : "; give the name or address alone, without "
                                       "scheme, port, path or brackets"));
  const std::int64_t now = time_of(options.time);
  const pki::Anchors anchors = anchors_for(options);
  std::vector<std::vector<std::uint8_t>> ders;
  for (pki::FoundCertificate& one : certificates_of(options.chain)) ders.push_back(std::move(one.der));

  const tls::CrlSet crls = load_crls(options.crls, now);
  Judged judged;
  auto chain = pki::PeerChain::parse(ders);
  if (!chain) {
    judged.refusal = std::move(chain).error();
  } else {
    const pki::Question question{.role = options.client ? pki::Role::client : pki::Role::server,
                                 .name = options.name,
                                 .now = std::chrono::seconds(now),
                                 .crls = {options.crls.given() ? &crls.store() : nullptr, policy_of(options.crls)}};
    auto accepted = pki::judge(anchors, **chain, question, &judged.report);
    judged.unreadable = (*chain)->unreadable();
    if (accepted)
      judged.valid_until = accepted->until, judged.crl = accepted->crl;
    else
      judged.refusal = std::move(accepted).error();
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
  const auto add = [&](const char* name, std::string& value, const char* type, const char* words) {
    return app.add_option(name, value, words)->type_name(type);
  };
  add("CHAIN", options->chain, "FILE", "PEM or DER: the chain to judge, leaf first; - is the standard input")
      ->required();
  add("--roots", options->roots, "FILE", "PEM or DER: the roots to trust; default: the system's");
  add("--intermediates", options->intermediates, "FILE",
      "PEM or DER: certificates that may complete the chain, and are not trusted; default: none");
  auto* name = add("--name", options->name, "NAME",
                   "The host name or address that the server was asked for; default: none, and --client is needed");
  app.add_flag("--client", options->client, "The chain is a client's: no name is looked at")->excludes(name);
  add("--time", options->time, "TIME",
      "When: seconds since 1970, 2027-01-01, or 2027-01-01T12:00:00Z (UTC); default: now");
  define_crl_options(app, options->crls, "the chain");
  auto* json = app.add_flag("--json", options->json, "One JSON object, with every path that was tried and its end");
  app.add_flag("--explain", options->explain, "Every path that was tried, in words")->excludes(json);
  app.footer("Exit status: 0 accepted, 4 refused, 1 usage, 2 a file that cannot be read.");
  return [options] { return run(*options); };
}

}  // namespace

const Command kVerify = {"verify", "Judges a certificate chain, and says which rule decided", define};

}  // namespace sallyport::cli
