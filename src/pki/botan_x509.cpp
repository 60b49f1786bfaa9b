#include "pki/botan_x509.h"

#include <exception>
#include <new>

#include "pki/path_validation.h"

namespace tls::pki {
namespace {

/// The code for what Botan found. Our own checks ran before, so that most of these are seen when the two disagree.
Code code_for(Botan::Certificate_Status_Code status) {
  using enum Botan::Certificate_Status_Code;
  switch (status) {
    case CERT_HAS_EXPIRED:
      return Code::certificate_expired;
    case CERT_NOT_YET_VALID:
      return Code::certificate_not_yet_valid;
    case CERT_IS_REVOKED:
      return Code::certificate_revoked;
    case CERT_ISSUER_NOT_FOUND:
    case CANNOT_ESTABLISH_TRUST:
    case CERT_CHAIN_LOOP:
    case CHAIN_LACKS_TRUST_ROOT:
      return Code::unknown_ca;
    case SIGNATURE_METHOD_TOO_WEAK:
    case UNTRUSTED_HASH:
    case SIGNATURE_ALGO_UNKNOWN:
    case INVALID_USAGE:
    case UNKNOWN_CRITICAL_EXTENSION:
      return Code::unsupported_certificate;
    default:
      return Code::bad_certificate;
  }
}

Result<void> verdict(const Botan::CertificatePathStatusCodes& statuses, Path path) {
  for (std::size_t i = 0; i < statuses.size(); ++i)
    for (const Botan::Certificate_Status_Code status : statuses[i])
      if (status >= Botan::Certificate_Status_Code::FIRST_ERROR_STATUS)
        return fail(code_for(status), "the certificate of '" + display_name(path[i]->subject) +
                                          "': " + Botan::Path_Validation_Result::status_string(status));
  return {};
}

std::vector<Botan::X509_Certificate> decode(Path path) {
  std::vector<Botan::X509_Certificate> certificates;
  for (const Certificate* certificate : path)
    certificates.emplace_back(certificate->der.data(), certificate->der.size());
  return certificates;
}

/// The one place where Botan's exceptions end.
template <class Work>
Result<void> guarded(Work&& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return fail(Code::internal_error, "out of memory while certificates were validated");
  } catch (const std::exception& e) {
    return fail(Code::bad_certificate, "Botan cannot read the chain: " + printable(e.what()));
  }
}

}  // namespace

Result<void> verify_signatures(Path path) {
  return guarded([&]() -> Result<void> {
    const auto certificates = decode(path);
    for (std::size_t i = 0; i + 1 < certificates.size(); ++i)
      if (!certificates[i].check_signature(*botan::public_key(certificates[i + 1])))
        return fail(Code::bad_certificate, "the signature on the certificate of '" + display_name(path[i]->subject) +
                                               "' does not verify with the key of '" +
                                               display_name(path[i + 1]->subject) + "'");
    return {};
  });
}

Result<void> validate_with_botan(Path path, Clock::Milliseconds now) {
  return guarded(
      [&] { return verdict(botan::check_chain(decode(path), std::chrono::system_clock::time_point(now)), path); });
}

}  // namespace tls::pki
