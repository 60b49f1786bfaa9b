// Public functions that give a Result: where memory runs out they say so, and throw nothing.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <utility>

#include "session/client_sessions.h"
#include "session/states.h"
#include "support/environment.h"
#include "support/faults.h"
#include "support/pki.h"
#include "tls/client_hello.h"
#include "tls/config.h"
#include "tls/crl.h"
#include "tls/ocsp.h"
#include "tls/replay_guard.h"
#include "tls/session_cache.h"
#include "tls/ticket_keys.h"
#include "tls/verification_memory.h"

using namespace tls;
using namespace tls::test;
using namespace sallyport;

namespace {

constexpr Clock::Milliseconds kNow{std::chrono::seconds(test::kNow)};

/// What the functions are given, made while there is memory.
struct Given : Authority {
  Issued end = leaf(server_leaf("leaf", {"a.example"}));
  std::string roots = root.pem(), chain = end.pem() + intermediate.pem(), key_pem = end.key_pem();
  std::string mixture = root.pem() + intermediate.pem() + end.pem(), junk = "-----BEGIN CERTIFICATE-----\nAAEC\n";
  std::string crl_text = to_pem(
      "X509 CRL",
      crl({.issuer = &intermediate, .this_update = test::kNow - 3600, .next_update = test::kNow + 3600, .number = 1}));
  der::Der staple = ocsp_response({.issuer = &intermediate,
                                   .responder = &intermediate,
                                   .entries = {{.subject = &end,
                                                .status = OcspStatus::good,
                                                .this_update = test::kNow - 3600,
                                                .next_update = test::kNow + 3600}},
                                   .produced_at = test::kNow - 3600});
  CredentialPtr credential = *load_credential(chain, key_pem);
  std::shared_ptr<const ChainVerifier> verifier = *trust_pem(roots), other = trust_anyone_insecurely();
  CrlSet crls = set_of(crl_text);
  VerificationMemory memory = *VerificationMemory::create();
  std::vector<std::uint8_t> session = client_session(1, ProtocolVersion::tls13, kNow).serialize(),
                            state = SessionState(der::Der(48, 7)).serialize(), secret = der::Der(48, 1);

  static CrlSet set_of(const std::string& text) {
    CrlSet::Builder builder;
    REQUIRE(builder.add(text));
    return builder.build();
  }
};

/// What became of a call: nothing where it went well.
template <class T>
std::optional<Code> code_of(const Result<T>& result) {
  return result ? std::nullopt : std::optional(result.error().code());
}

}  // namespace

TEST_CASE_FIXTURE(Given, "every allocation of every public function that gives a Result fails once: none throws") {
  const auto folder = std::filesystem::temp_directory_path() / ("sallyport-roots-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const auto file = folder / "roots.pem";
  std::ofstream(file) << mixture << junk;
  ::setenv("SSL_CERT_FILE", file.c_str(), 1);
  ::setenv("SSL_CERT_DIR", folder.c_str(), 1);
  CrlSet::Builder adding, keeping;
  const std::pair<const char*, std::function<std::optional<Code>()>> rows[] = {
      {"trust_pem", [&] { return code_of(trust_pem(roots)); }},
      {"trust_pem of a mixture", [&] { return code_of(trust_pem(mixture, OtherCertificates::build_paths_of)); }},
      {"trust_pem of junk", [&] { return code_of(trust_pem(junk)); }},
      {"trust_pem_ignoring_issuers", [&] { return code_of(trust_pem_ignoring_issuers(mixture)); }},
      {"trust_system", [&] { return code_of(trust_system()); }},
      {"with_crls", [&] { return code_of(with_crls(verifier, crls)); }},
      {"with_crls of another", [&] { return code_of(with_crls(other, crls)); }},
      {"with_memory", [&] { return code_of(with_memory(verifier, memory)); }},
      {"with_memory of another", [&] { return code_of(with_memory(other, memory)); }},
      {"VerificationMemory::create", [&] { return code_of(VerificationMemory::create()); }},
      {"VerificationMemory::create, too small", [&] { return code_of(VerificationMemory::create(1)); }},
      {"load_credential", [&] { return code_of(load_credential(chain, key_pem)); }},
      {"make_credential", [&] { return code_of(make_credential(chain, credential->key)); }},
      {"ocsp_question", [&] { return code_of(ocsp_question(*credential)); }},
      {"read_ocsp_answer", [&] { return code_of(read_ocsp_answer(*credential, staple, kNow)); }},
      {"ocsp_answer_when_made", [&] { return code_of(ocsp_answer_when_made(*credential, staple)); }},
      {"ocsp_answer_when_made of junk", [&] { return code_of(ocsp_answer_when_made(*credential, as_bytes(junk))); }},
      {"CrlSet::Builder::add", [&] { return code_of(adding.add(crl_text)); }},
      {"CrlSet::Builder::keep", [&] { return code_of(keeping.keep(crls, kNow)); }},
      {"ClientSession::parse", [&] { return code_of(ClientSession::parse(session)); }},
      {"ClientSession::parse of junk", [&] { return code_of(ClientSession::parse(as_bytes(junk))); }},
      {"SessionState::parse", [&] { return code_of(SessionState::parse(state)); }},
      {"SessionState::parse of junk", [&] { return code_of(SessionState::parse(as_bytes(junk))); }},
      {"local_replay_guard", [&] { return code_of(local_replay_guard({.tokens_per_second = 10})); }},
      {"local_replay_guard of nothing", [&] { return code_of(local_replay_guard({.tokens_per_second = 0})); }},
      {"memory_session_cache", [&] { return code_of(memory_session_cache({.entries = 4, .shards = 2})); }},
      {"memory_session_cache of nothing", [&] { return code_of(memory_session_cache({.entries = 0})); }},
      {"TicketKeys::make", [&] { return code_of(TicketKeys::make(secret)); }},
      {"RotatingTicketKeys::from_master", [&] { return code_of(RotatingTicketKeys::from_master(secret)); }},
      {"RotatingTicketKeys::at_random", [&] { return code_of(RotatingTicketKeys::at_random()); }},
      {"peek_client_hello", [&] { return code_of(peek_client_hello(as_bytes(junk))); }},
  };
  // A provider below has caught it, or it is told in other words: how much memory the cache would take, say.
  const std::map<std::string, Code> other_words = {{"load_credential", Code::bad_key_file},
                                                   {"read_ocsp_answer", Code::bad_staple},
                                                   {"ocsp_answer_when_made", Code::bad_staple},
                                                   {"local_replay_guard", Code::bad_config},
                                                   {"memory_session_cache", Code::bad_config}};
  for (const auto& [name, call] : rows) {
    const std::string which = name;
    CAPTURE(which);
    const std::optional<Code> without = call();  // its own verdict, with memory
    for (const Faults::Lasting lasting : {Faults::Lasting::once, Faults::Lasting::for_this_call}) {
      exhaust_memory(
          [&](std::size_t n) {
            CAPTURE(n);
            std::string escaped;
            std::optional<Code> code;
            try {
              code = guarded_call(escaped, name, call);
            } catch (...) {
            }
            CHECK(escaped.empty());
            const std::string got = code ? std::string(facts(*code).name) : "no error";
            const auto said = other_words.find(which);
            if (code != without && (said == other_words.end() || code != said->second))
              CHECK_MESSAGE((code == Code::out_of_memory), got);
          },
          lasting);
    }
  }
  ::unsetenv("SSL_CERT_FILE");
  ::unsetenv("SSL_CERT_DIR");
  std::filesystem::remove_all(folder);
}
