// All limits of the stack, in one place. The adapters cannot see this header, so they keep their limits beside their
// code. Each limit is enforced where its comment says, and tested at, below and above its value.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tls::limits {

// Records (RFC 9846 §5.1, §5.2; RFC 5246 §6.2.3). Bytes.
inline constexpr std::size_t kRecordHeader = 5;
inline constexpr std::size_t kMaxPlaintext = 1 << 14;                  // 2^14
inline constexpr std::size_t kMaxCiphertext13 = kMaxPlaintext + 256;   // TLSCiphertext.length of TLS 1.3
inline constexpr std::size_t kMaxCiphertext12 = kMaxPlaintext + 2048;  // TLSCiphertext.length of TLS 1.2
inline constexpr std::size_t kMinRecordSizeLimit = 64;                 // RFC 8449 §4

// How often a peer may repeat something without progress before the connection fails.
inline constexpr unsigned kMaxEmptyRecords = 32;      // empty application_data records in a row
inline constexpr unsigned kMaxWarningAlerts = 4;      // warning alerts in a row
inline constexpr unsigned kMaxKeyUpdatesInRow = 32;   // KeyUpdates without application data between them
inline constexpr unsigned kMaxCompatibilityCcs = 32;  // dropped ChangeCipherSpec records of one handshake
// TLS 1.2: requests to renegotiate in a row, without data from the peer between them. Also the number of requests in a
// row that we answer without data of ours between them. Further ones are not answered.
inline constexpr unsigned kMaxRenegotiationRequestsInRow = 32;
inline constexpr std::uint64_t kMaxKeyUpdates = (std::uint64_t{1} << 48) - 1;  // RFC 9846 §4.7.3, one direction

// Handshake messages: bytes of the body. These limits also bound the extensions and the key shares of a message.
inline constexpr std::size_t kMaxHandshakeMessage = 1 << 16;      // any message without a limit of its own below
inline constexpr std::size_t kMaxCertificateMessage = 128 << 10;  // Certificate. The default of a configuration
inline constexpr std::size_t kMaxConfigurableCertificateMessage = (1 << 24) - 1;  // uint24 length
inline constexpr std::size_t kMaxFinished = 64;
inline constexpr std::size_t kMaxKeyUpdate = 64;     // one byte is valid. A longer message is still reported by name
inline constexpr std::size_t kMaxHelloRequest = 64;  // zero bytes are valid. A longer message is still reported by name

// Lists inside messages.
inline constexpr std::size_t kMaxCertificates = 64;   // entries of one certificate_list
inline constexpr std::size_t kMaxPskIdentities = 16;  // identities of one ClientHello. Further ones are ignored
inline constexpr std::size_t kMaxAuthorities = 1024;  // names of one certificate_authorities. Further ones are ignored
inline constexpr std::size_t kMaxOfferedProtocols = 64;  // a client's ALPN names that a credential source receives
inline constexpr std::size_t kMaxNotedOffers = 64;       // values kept from each list of a rejected ClientHello
inline constexpr std::size_t kMaxCookie = 1024;          // a cookie that a client echoes

// Certificates: the size of their parts, and the work of verifying before a signature is known to be good.
inline constexpr std::size_t kMaxCertificateNames = 2000;     // GeneralNames of one subjectAltName
inline constexpr std::size_t kMaxCertificateExtensions = 64;  // extensions of one certificate
inline constexpr std::size_t kMaxNameAttributes = 64;         // attributes of one distinguished name, all RDNs together
inline constexpr std::size_t kMaxKeyPurposes = 128;           // purposes of one extKeyUsage
inline constexpr std::size_t kMaxPolicies = 64;  // of one certificatePolicies, policyMappings or set of valid policies
inline constexpr std::size_t kMaxPolicyQualifiers = 16;       // qualifiers of one policy
inline constexpr std::size_t kMaxOid = 64;                    // contents octets of an OBJECT IDENTIFIER
inline constexpr std::size_t kMaxNameComparisons = 1 << 18;   // names times constraints of one form, one verify()
inline constexpr std::size_t kMaxConstraintOctets = 1 << 17;  // of names and constraints read in one verify()
inline constexpr std::size_t kNameConstraintOctets = 16;   // octets that each constraint counts in addition to its own
inline constexpr std::size_t kMaxPathLength = 10;          // certificates of one path, root included
inline constexpr std::size_t kMaxPathSteps = 64;           // certificates visited in search of a path
inline constexpr std::size_t kMaxVerifications = 16;       // signatures verified in search of a path
inline constexpr std::size_t kMaxOrderVerifications = 64;  // to tell issuers of one name apart in a credential
inline constexpr std::size_t kMaxOcspResponse = 1 << 16;   // bytes of a staple. Usual sizes are 500 to 2,500
inline constexpr std::size_t kMaxSingleResponses = 256;    // SingleResponses of one OCSP response
inline constexpr std::size_t kMaxResponderCertificates = 4;  // of one OCSP response, tried as its signer's
inline constexpr std::chrono::seconds kOcspClockSkew{300};   // allowed difference of a responder's clock
inline constexpr std::chrono::seconds kMaxOcspAge{864000};   // ten days: age of a response without nextUpdate
inline constexpr std::size_t kMaxCrlText = 128 << 20;        // bytes of CRLs, as PEM text or DER
inline constexpr std::size_t kMaxCrlEntries = 2'000'000;     // certificates that one CRL revokes
inline constexpr std::size_t kMaxCrlSerial = 64;             // octets of a serial number in a CRL. RFC 5280 allows 20
inline constexpr std::size_t kMaxCrlNumber = 20;             // octets of a cRLNumber (RFC 5280 §5.2.3)
inline constexpr std::size_t kMaxCrlExtensions = 32;         // extensions of one CRL, or of one entry of a CRL
inline constexpr std::size_t kMaxDistributionNames = 64;   // names in the distribution points of a certificate or a CRL
inline constexpr std::size_t kMaxCrls = 4096;              // issuers, keys and scopes of one set
inline constexpr std::size_t kMaxCrlScopes = 256;          // scopes of one issuer and key identifier
inline constexpr std::size_t kMaxCrlsOfScope = 8;          // of one scope: unproven CRLs, and keys that proved a CRL
inline constexpr std::size_t kMaxCrlMemory = 1 << 30;      // bytes of one set
inline constexpr std::size_t kMaxCrlVerifications = 16;    // signatures of CRLs verified in one verify()
inline constexpr std::size_t kMaxCrlVerdicts = 4;          // keys for which a CRL remembers the result of its signature
inline constexpr std::chrono::seconds kCrlClockSkew{300};  // allowed difference of an authority's clock
inline constexpr std::size_t kMinVerificationMemory = 16 << 10;       // bytes of a memory of verifications
inline constexpr std::size_t kDefaultVerificationMemory = 256 << 10;  // of each verifier, by default
inline constexpr std::size_t kMaxVerificationMemory = 64 << 20;
inline constexpr std::size_t kMaxRememberedChain = 32 << 10;      // bytes of DER and staples, usually 2,000 to 8,000
inline constexpr std::size_t kMaxPem = 8 << 20;                   // bytes of PEM text, or of DER in the same place
inline constexpr std::size_t kMaxTrustDirectories = 16;           // directories in SSL_CERT_DIR
inline constexpr std::size_t kMaxTrustDirectoryFiles = 4096;      // entries of one directory
inline constexpr std::size_t kMaxTrustDirectoryBytes = 32 << 20;  // bytes of all files of one directory
inline constexpr std::size_t kMaxTrustWarnings = 32;  // warnings kept in words. Further ones are only counted
inline constexpr std::size_t kMaxDisplayedName = 96;  // characters of a name in an error's detail
inline constexpr std::size_t kMaxDisplayedNames = 8;  // names of a certificate in an error's detail

// Encrypted private keys (RFC 8018, RFC 7914) and PKCS#12 (RFC 7292). The file itself says how much work its password
// takes. OpenSSL uses 2,048 iterations by default, other programs up to about 1,000,000. scrypt usually takes 16 MiB.
inline constexpr std::uint64_t kMaxPasswordIterations = 10'000'000;  // PBKDF2 and similar functions, sum over one file
inline constexpr std::uint64_t kMaxScryptMemory = std::uint64_t{1} << 27;  // bytes, 128 * N * r
inline constexpr std::uint64_t kMaxScryptWork = std::uint64_t{1} << 30;    // bytes, 128 * N * r * p, sum over one file
// What scrypt's p may add to both. It takes p blocks besides N, which PBKDF2 makes and reads again: for each of their
// bytes as long as for so many bytes of the work, 28 to 34 ns beside 4 to 5 ns (libsodium 1.0.18 on x86-64).
inline constexpr std::uint64_t kScryptMargin = std::uint64_t{1} << 20;  // bytes
inline constexpr std::uint64_t kScryptStretchWork = 8;                  // bytes of work for each byte of p blocks
inline constexpr std::size_t kMaxPassword = 1024;                       // bytes
inline constexpr std::size_t kMaxPkcs12Items = 256;                     // bags and their containers in one PKCS#12 file
inline constexpr std::size_t kMaxPkcs12Depth = 4;  // levels of SafeContents inside each other, including the outermost

// AEAD usage of one key (RFC 9846 §5.5): number of records after which our direction updates its key.
inline constexpr std::uint64_t kAesGcmRecords = std::uint64_t{1} << 24;  // RFC 9846 allows 2^24.5 full records
inline constexpr std::uint64_t kChaChaRecords = std::uint64_t{1} << 48;  // in practice all sequence numbers

// Public keys. Bits.
inline constexpr std::size_t kMinRsaBits = 2048;        // modulus. A smaller one can be broken
inline constexpr std::size_t kMaxRsaBits = 8192;        // modulus. A larger one costs much work
inline constexpr std::size_t kMaxRsaExponentBits = 33;  // public exponent. A larger one costs much work

// Early data that a server skips after it has rejected it (RFC 9846 §4.3.10). This constant is added to twice the
// amount that the client was promised. The amount is the one in the client's ticket, or kMaxEarlyData if the ticket
// does not open or there was a HelloRetryRequest, or 0 if the client offers no ticket. Counts bytes of whole records,
// so an empty record costs its header.
inline constexpr std::size_t kMaxSkippedEarlyData = 1 << 14;

// The authorities that we name to peers, encoded. Half of what an extension can hold, so that a message can hold it.
inline constexpr std::size_t kMaxAuthorityNames = 1 << 15;

// Sessions.
inline constexpr std::chrono::seconds kMaxSessionLifetime{604800};  // RFC 9846 §4.7.1: seven days. Also limits a chain
                                                                    // of resumptions, counted from the certificate
inline constexpr std::chrono::seconds kDefaultSessionLifetime{7200};
inline constexpr std::chrono::seconds kAssumedSessionLifetime{86400};  // of a TLS 1.2 session if the server sends no
                                                                       // lifetime: RFC 5246 Appendix F.1.4
inline constexpr std::chrono::seconds kMaxClockDifference{60};         // how far in the future a session may begin: the
                                                                       // clocks of a fleet differ, and are set back
inline constexpr std::uint8_t kDefaultNewTickets = 2;
inline constexpr std::chrono::milliseconds kDefaultReplayWindow{10'000};  // before and after the expected arrival
inline constexpr std::chrono::milliseconds kMaxReplayWindow{60'000};
inline constexpr std::uint32_t kMaxReplayTokensPerSecond = 10'000'000;  // of the local replay guard
inline constexpr std::size_t kReplaySlots = 32;                         // slots of time in the two windows of the guard
inline constexpr std::size_t kMaxReplayWalk = 512;          // cells that a claim checks before the slot counts as full
inline constexpr std::size_t kMaxCachedSessions = 1 << 28;  // sessions of one cache
inline constexpr std::size_t kMaxCacheShards = 1024;
inline constexpr std::size_t kMaxSessionChain = 16 << 10;   // bytes of DER of a chain that a session stores completely
inline constexpr std::size_t kDefaultTicketLeaf = 2 << 10;  // bytes of DER of a leaf that a ticket stores completely
inline constexpr std::size_t kMaxTicketLeaf = 8 << 10;      // that a config may allow. Tickets stay below kMaxTicket
inline constexpr std::size_t kMaxPeerSummary = 4 << 10;     // bytes of all fields of a CertificateSummary
inline constexpr std::size_t kMaxSessionContext = 255;      // bytes. A name for people, hashed into the binding
inline constexpr std::size_t kMinExternalPsk = 16;          // bytes. A shorter key can be guessed (RFC 9257 §6)
inline constexpr std::size_t kMaxTicket = 16 << 10;         // bytes of a ticket that a client keeps. It must
                                                            // fit the extensions of a ClientHello
inline constexpr std::size_t kMaxExternalPskNames = 16 << 10;   // bytes of all identities and contexts
inline constexpr std::size_t kMaxExternalPsks = 16;             // keys of one configuration
inline constexpr std::size_t kMinTicketSecret = 32;             // bytes of a ticket key or of a ticket master
inline constexpr std::size_t kMaxTicketSecret = 1024;           // bytes of a ticket key or of a ticket master
inline constexpr std::size_t kMaxTicketKeys = 256;              // keys of one ring
inline constexpr std::chrono::seconds kMinTicketKeyPeriod{60};  // time for which one key of a ring seals
inline constexpr std::chrono::seconds kMaxTicketKeyPeriod{86400};
inline constexpr std::size_t kMaxNewTickets = 16;      // tickets that one server handshake sends
inline constexpr std::size_t kMaxEarlyData = 1 << 20;  // bytes that a config may allow. The client keeps early
                                                       // data in case it is rejected

}  // namespace tls::limits
