// Replays one side of a published TLS 1.3 handshake: the same randomness, the peer's records, and our records must be
// the trace's. See kind_trace13.cpp for the names of the values.
#pragma once

#include <stdexcept>
#include <string_view>

#include "tls/bytes.h"
#include "tls/info.h"
#include "vectors/case.h"

namespace tls::vectors::trace13 {

/// What we computed is not what the trace holds.
struct Difference : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// Throws a Difference unless the two are equal.
void expect_same(std::string_view name, Bytes trace, Bytes computed);

/// Throws a Difference at the first one. What the trace's peer wrote in another order or with more than we write
/// (ClientHello, EncryptedExtensions, CertificateRequest, the order within ServerHello) is put in place of our own
/// message, once it was seen that ours says the same of all that the handshake depends on. Binders are never the
/// trace's, but made by us, over the ClientHello as it then is.
void replay_client(const Case& c, CipherSuite suite);
void replay_server(const Case& c, CipherSuite suite);

}  // namespace tls::vectors::trace13
