// Certificates for tests: keys made once per program, and a small authority.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "factory/certificates.h"
#include "tls/verifier.h"

namespace tls::test {

/// One key of each type and number, made when first asked for: making RSA keys is slow. Never destroyed: Botan's pool
/// of locked memory goes before the statics of a program that used it late.
inline sallyport::KeyPtr key(sallyport::KeyType type = sallyport::KeyType::ecdsa_p256, int number = 0) {
  static auto& made = *new std::map<std::pair<sallyport::KeyType, int>, sallyport::KeyPtr>;
  auto& one = made[{type, number}];
  if (!one) one = sallyport::Key::generate(type);
  return one;
}

/// 2026-07-01T00:00:00Z, within the factory's default validity.
inline constexpr std::int64_t kNow = 1782864000;

/// A root and an intermediate below it, and how to ask whether a chain is accepted.
struct Authority {
  sallyport::Issued root =
      sallyport::self_signed(sallyport::authority("Test Root"), key(sallyport::KeyType::ecdsa_p256, 1));
  sallyport::Issued intermediate =
      sallyport::issue(root, sallyport::authority("Test Intermediate"), key(sallyport::KeyType::ecdsa_p256, 2));

  [[nodiscard]] sallyport::Issued leaf(const sallyport::CertificateSpec& spec) const {
    return sallyport::issue(intermediate, spec, key());
  }
};

/// The verdict on a chain: nothing when it is accepted, else the error.
inline std::optional<Error> verdict(std::string_view roots_pem, const std::vector<sallyport::der::Der>& chain,
                                    std::string server_name, bool peer_is_server = true, std::int64_t now = kNow) {
  const auto verifier = trust_pem(roots_pem);
  if (!verifier) return verifier.error();
  ChainToVerify input;
  input.peer_is_server = peer_is_server;
  input.server_name = std::move(server_name);
  input.chain = chain;
  input.now = std::chrono::seconds(now);
  auto answer = (*verifier)->verify(input);
  if (!answer) return Error(Code::internal_error, "the verdict was put off");
  if (!*answer) return std::move(*answer).error();
  return std::nullopt;
}

/// The code of a refusal by name, or "accepted".
inline std::string outcome(const std::optional<Error>& error) {
  return error ? std::string(facts(error->code()).name) : "accepted";
}

}  // namespace tls::test
