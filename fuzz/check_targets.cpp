#include "fuzz/check_targets.h"

#include "cli/check/files.h"
#include "cli/check/old_hello.h"
#include "cli/check/server.h"
#include "crypto/der.h"

namespace tls::fuzz {
namespace {

namespace check = sallyport::cli::check;

constexpr std::int64_t kNow = 1797292800;  // 2026-12-15T00:00:00Z, when the seeds are valid

/// Whatever it was, it ends in findings that may be shown, and not in thousands.
void require_sound(const check::Findings& findings) {
  require(findings.list().size() < 400, "one input fills the list of findings");
  for (const check::Finding& one : findings.list()) {
    require(!one.words.empty(), "a finding without words");
    for (const std::string& text : {one.subject, one.words, one.advice})
      require(check::shown(text) == text, "text that may not be shown");
  }
}

}  // namespace

void check_files(Bytes input) {
  check::Findings findings;
  std::vector<check::Holdings> files;
  // Without a password: how much work one takes is bounded, and too much for a fuzzer.
  files.push_back(check::read_holdings(as_text(input), "file", PasswordSource(), findings));
  check::check_files(files, {.names = {"localhost"}, .now = kNow}, findings);
  require(!findings.list().empty(), "a file of which there is nothing to say");
  require_sound(findings);
}

void check_server(Bytes input) {
  check::ServerFacts server;
  server.host = "localhost:443";
  std::vector<std::vector<std::uint8_t>> chain;
  crypto::DerReader reader(input);
  while (reader.ok() && !reader.empty()) {
    const Bytes one = reader.next().whole;
    if (reader.ok()) chain.emplace_back(one.begin(), one.end());
  }
  for (check::VersionFacts* version : {&server.tls13, &server.tls12}) {
    version->spoken = true;
    if (chain.size() > 1) version->info.ocsp_response = chain.back();
    version->info.peer_certificates = CertificateChain(chain);
  }
  check::Findings findings;
  check::check_server(server, {.names = {"localhost"}, .now = kNow}, findings);
  require_sound(findings);
}

void old_answer(Bytes input) {
  for (const auto offer : check::kOldOffers) {
    const check::OldAnswer answer = check::read_old_answer(input, offer);
    require(answer.complete || !answer.accepted, "half an answer is accepted");
    if (input.size() >= check::kMostOfAnswer) require(answer.complete, "more is waited for than is ever read");
  }
}

}  // namespace tls::fuzz
