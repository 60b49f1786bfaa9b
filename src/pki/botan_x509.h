// The differences between Botan 2.19 and Botan 3 that certificates meet, in one place.
#pragma once

#include <botan/build.h>
#include <botan/pk_keys.h>
#include <botan/x509cert.h>
#include <botan/x509path.h>

#include <chrono>
#include <memory>
#include <vector>

#include "tls/bytes.h"

namespace tls::pki::botan {

/// RSA of 2048 bits or better, as Botan counts strength.
inline constexpr std::size_t kMinimumStrength = 110;

/// The key of a certificate. May throw.
inline std::unique_ptr<Botan::Public_Key> public_key(const Botan::X509_Certificate& certificate) {
#if BOTAN_VERSION_MAJOR >= 3
  return certificate.subject_public_key();
#else
  return certificate.load_subject_public_key();
#endif
}

/// RFC 5280 §6.1 on a path, leaf first and root last: one set of status codes per certificate. May throw.
inline Botan::CertificatePathStatusCodes check_chain(const std::vector<Botan::X509_Certificate>& path,
                                                     std::chrono::system_clock::time_point now) {
  using namespace Botan;
#if BOTAN_VERSION_MAJOR >= 3
  const Path_Validation_Restrictions restrictions(false, kMinimumStrength);
  return PKIX::check_chain(path, now, "", Usage_Type::UNSPECIFIED, restrictions);
#else
  std::vector<std::shared_ptr<const X509_Certificate>> shared;
  for (const X509_Certificate& certificate : path) shared.push_back(std::make_shared<X509_Certificate>(certificate));
  const Path_Validation_Restrictions restrictions(false, kMinimumStrength);
  return PKIX::check_chain(shared, now, "", Usage_Type::UNSPECIFIED, restrictions.minimum_key_strength(),
                           restrictions.trusted_hashes());
#endif
}

}  // namespace tls::pki::botan
