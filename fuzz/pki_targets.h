// Fuzz targets of the certificates and keys that are read: what a peer sends, and what stands in files.
#pragma once

#include <array>

#include "fuzz/target.h"

namespace tls::fuzz {

/// The input is a certificate, DER.
void x509(Bytes input);
/// The input is a chain, leaf first, each certificate with its length in front (2 bytes): it is verified against a root
/// that did not issue it.
void chain(Bytes input);
/// The input is a file: PEM or DER, certificates, keys, anything.
void pem(Bytes input);

/// The input is an OCSP response, DER: it is judged for a certificate that it does not tell of, and its entries are
/// read.
void ocsp_response(Bytes input);

/// The input is an EncryptedPrivateKeyInfo, DER; its password is "password", and the limits are a fuzzer's.
void pkcs8(Bytes input);
/// The input is a PKCS#12 file, DER; likewise, and then with an empty password.
void pkcs12(Bytes input);

/// The input is a CRL, DER or PEM: what is read is found again, and vouches for no certificate.
void crl(Bytes input);

inline constexpr auto kPkiTargets = std::to_array<Target>({{"x509", x509},
                                                           {"chain", chain},
                                                           {"pem", pem},
                                                           {"ocsp_response", ocsp_response},
                                                           {"pkcs8", pkcs8},
                                                           {"pkcs12", pkcs12},
                                                           {"crl", crl}});

}  // namespace tls::fuzz
