// Every limit of the stack itself, in one place; the adapters, which cannot see this header, keep theirs beside the
// code. Each is enforced where its comment says and tested at, below and above.
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

// What a peer may repeat without progress before the connection fails.
inline constexpr unsigned kMaxEmptyRecords = 32;      // empty application_data records in a row
inline constexpr unsigned kMaxWarningAlerts = 4;      // warning alerts in a row
inline constexpr unsigned kMaxKeyUpdatesInRow = 32;   // KeyUpdates without application data between them
inline constexpr unsigned kMaxCompatibilityCcs = 32;  // dropped ChangeCipherSpec records of one handshake
// Of TLS 1.2: requests to renegotiate without data from the peer between them, and those that are answered without data
// of ours between them.
inline constexpr unsigned kMaxRenegotiationRequestsInRow = 32;
inline constexpr std::uint64_t kMaxKeyUpdates = (std::uint64_t{1} << 48) - 1;  // RFC 9846 §4.7.3, one direction

// Handshake messages. Bytes of body. They bound the extensions and the key shares of a message, too.
inline constexpr std::size_t kMaxHandshakeMessage = 1 << 16;      // any message but those below
inline constexpr std::size_t kMaxCertificateMessage = 128 << 10;  // Certificate, by default; a setting of the config
inline constexpr std::size_t kMaxConfigurableCertificateMessage = (1 << 24) - 1;  // uint24 length
inline constexpr std::size_t kMaxFinished = 64;
inline constexpr std::size_t kMaxKeyUpdate = 64;     // one byte is lawful: a longer one is still named
inline constexpr std::size_t kMaxHelloRequest = 64;  // none is lawful: likewise

// Lists inside messages.
inline constexpr std::size_t kMaxCertificates = 64;      // entries of one certificate_list
inline constexpr std::size_t kMaxPskIdentities = 16;     // identities of one ClientHello; more are ignored
inline constexpr std::size_t kMaxAuthorities = 1024;     // names of one certificate_authorities; more are ignored
inline constexpr std::size_t kMaxOfferedProtocols = 64;  // of a client's ALPN, that a credential source is told of
inline constexpr std::size_t kMaxNotedOffers = 64;       // values of each list of a ClientHello that was refused
inline constexpr std::size_t kMaxCookie = 1024;          // a cookie that a client echoes

// Certificates: what is looked at, and what verifying may cost before a signature is known to be good.
inline constexpr std::size_t kMaxCertificateNames = 2000;     // GeneralNames of one subjectAltName
inline constexpr std::size_t kMaxCertificateExtensions = 64;  // of one certificate
inline constexpr std::size_t kMaxNameAttributes = 64;         // attributes of one distinguished name, all RDNs together
inline constexpr std::size_t kMaxKeyPurposes = 128;           // of one extKeyUsage
inline constexpr std::size_t kMaxPolicies = 64;  // of one certificatePolicies, policyMappings or set of valid policies
inline constexpr std::size_t kMaxPolicyQualifiers = 16;      // of one policy
inline constexpr std::size_t kMaxOid = 64;                   // contents octets of an OBJECT IDENTIFIER
inline constexpr std::size_t kMaxNameComparisons = 1 << 18;  // names times name constraints of their form, one verify()
inline constexpr std::size_t kMaxConstraintOctets = 1 << 17;  // of names and constraints that are read, one verify()
inline constexpr std::size_t kNameConstraintOctets = 16;      // that each constraint counts for beside its own
inline constexpr std::size_t kMaxPathLength = 10;             // certificates of one path, root included
inline constexpr std::size_t kMaxPathSteps = 64;              // certificates visited in search of a path
inline constexpr std::size_t kMaxVerifications = 16;          // signatures verified in search of a path
inline constexpr std::size_t kMaxOcspResponse = 1 << 16;      // bytes of a staple; usual are 500 to 2,500
inline constexpr std::size_t kMaxSingleResponses = 256;       // certificates that one OCSP response tells of
inline constexpr std::size_t kMaxResponderCertificates = 4;   // of one OCSP response, that are tried as its signer's
inline constexpr std::chrono::seconds kOcspClockSkew{300};    // by which a responder's clock may differ from ours
inline constexpr std::chrono::seconds kMaxOcspAge{864000};    // ten days: of a response that has no nextUpdate
inline constexpr std::size_t kMaxCrlText = 128 << 20;         // bytes of PEM text of CRLs, or of DER
inline constexpr std::size_t kMaxCrlEntries = 2'000'000;      // certificates that one CRL revokes
inline constexpr std::size_t kMaxCrlSerial = 64;              // octets of a serial number in a CRL; lawful are 20
inline constexpr std::size_t kMaxCrlNumber = 20;              // octets of a cRLNumber (RFC 5280 §5.2.3)
inline constexpr std::size_t kMaxCrlExtensions = 32;          // of one CRL, or of one entry of it
inline constexpr std::size_t kMaxDistributionNames = 64;      // of the distribution points of a certificate or of a CRL
inline constexpr std::size_t kMaxCrls = 4096;                 // issuers, keys and scopes of one set
inline constexpr std::size_t kMaxCrlScopes = 256;             // of them, of one issuer and key identifier
inline constexpr std::size_t kMaxCrlsOfScope = 8;             // of one scope: unproven ones, and proving keys
inline constexpr std::size_t kMaxCrlMemory = 1 << 30;         // bytes that one set takes
inline constexpr std::size_t kMaxCrlVerifications = 16;       // signatures of CRLs verified, one verify()
inline constexpr std::size_t kMaxCrlVerdicts = 4;             // keys about which a CRL remembers its signature
inline constexpr std::chrono::seconds kCrlClockSkew{300};     // by which an authority's clock may differ from ours
inline constexpr std::size_t kMinVerificationMemory = 16 << 10;       // bytes of a memory of verifications
inline constexpr std::size_t kDefaultVerificationMemory = 256 << 10;  // of each verifier, unless it is told
inline constexpr std::size_t kMaxVerificationMemory = 64 << 20;
inline constexpr std::size_t kMaxRememberedChain = 32 << 10;      // bytes of DER and staples; usual are 2,000 to 8,000
inline constexpr std::size_t kMaxPem = 8 << 20;                   // bytes of PEM text, or of DER where PEM is taken
inline constexpr std::size_t kMaxTrustDirectories = 16;           // that SSL_CERT_DIR names
inline constexpr std::size_t kMaxTrustDirectoryFiles = 4096;      // entries of one of them
inline constexpr std::size_t kMaxTrustDirectoryBytes = 32 << 20;  // of all files of one of them
inline constexpr std::size_t kMaxTrustWarnings = 32;              // that are kept in words; further ones are counted
inline constexpr std::size_t kMaxDisplayedName = 96;              // characters of a name in an error's detail
inline constexpr std::size_t kMaxDisplayedNames = 8;              // names of a certificate in an error's detail

// Encrypted private keys (RFC 8018, RFC 7914) and PKCS#12 (RFC 7292): whoever made the file says how much work its
// password is. OpenSSL makes 2,048 iterations by default, others up to some 1,000,000; scrypt mostly takes 16 MiB.
inline constexpr std::uint64_t kMaxPasswordIterations = 10'000'000;        // of PBKDF2 and its kind, all of one file
inline constexpr std::uint64_t kMaxScryptMemory = std::uint64_t{1} << 27;  // bytes, 128 * N * r
inline constexpr std::uint64_t kMaxScryptWork = std::uint64_t{1} << 30;    // bytes, 128 * N * r * p, all of one file
inline constexpr std::size_t kMaxPassword = 1024;                          // bytes
inline constexpr std::size_t kMaxPkcs12Items = 256;  // bags and what holds them, of one PKCS#12 file
inline constexpr std::size_t kMaxPkcs12Depth = 4;    // of SafeContents in SafeContents, the outermost counted

// AEAD usage of one key (RFC 9846 §5.5): records after which our own direction updates its key.
inline constexpr std::uint64_t kAesGcmRecords = std::uint64_t{1} << 24;  // 2^24.5 full records allowed
inline constexpr std::uint64_t kChaChaRecords = std::uint64_t{1} << 48;  // sequence number space, in practice

// Public keys. Bits.
inline constexpr std::size_t kMinRsaBits = 2048;        // modulus; less is breakable
inline constexpr std::size_t kMaxRsaBits = 8192;        // modulus; more is a way to make us work
inline constexpr std::size_t kMaxRsaExponentBits = 33;  // public exponent; likewise

// Early data that a server that refused it skips (RFC 9846 §4.3.10), beside twice what the client was promised. That is
// what its ticket says; where the ticket does not open, or there was a HelloRetryRequest, kMaxEarlyData; nothing where
// it offers no ticket. Bytes of whole records: one that is empty costs its header.
inline constexpr std::size_t kMaxSkippedEarlyData = 1 << 14;

// What we tell peers of authorities, encoded: half of what an extension can hold, so that a message holds it.
inline constexpr std::size_t kMaxAuthorityNames = 1 << 15;

// Sessions.
inline constexpr std::chrono::seconds kMaxSessionLifetime{604800};  // RFC 9846 §4.7.1: seven days, and for a chain of
                                                                    // resumptions too, counted from the certificate
inline constexpr std::chrono::seconds kDefaultSessionLifetime{7200};
inline constexpr std::chrono::seconds kAssumedSessionLifetime{86400};  // of a TLS 1.2 session whose server does not
                                                                       // say: RFC 5246 Appendix F.1.4
inline constexpr std::chrono::seconds kMaxClockDifference{60};  // by which a session may be from the future: clocks of
                                                                // a fleet disagree, and are set back
inline constexpr std::uint8_t kDefaultNewTickets = 2;
inline constexpr std::chrono::milliseconds kDefaultReplayWindow{10'000};  // of early data's expected arrival, each way
inline constexpr std::chrono::milliseconds kMaxReplayWindow{60'000};
inline constexpr std::uint32_t kMaxReplayTokensPerSecond = 10'000'000;  // of the local replay guard
inline constexpr std::size_t kReplaySlots = 32;                         // of time, into which its two windows are split
inline constexpr std::size_t kMaxReplayWalk = 512;  // cells that a claim looks at before the slot counts as full
inline constexpr std::size_t kMaxCachedSessions = 1 << 28;  // of one session cache
inline constexpr std::size_t kMaxCacheShards = 1024;
inline constexpr std::size_t kMaxSessionChain = 16 << 10;      // bytes of DER of a chain that a session holds whole
inline constexpr std::size_t kDefaultTicketLeaf = 2 << 10;     // bytes of DER of a leaf that a ticket holds whole
inline constexpr std::size_t kMaxTicketLeaf = 8 << 10;         // that a config may allow: tickets stay below kMaxTicket
inline constexpr std::size_t kMaxPeerSummary = 4 << 10;        // bytes of the fields of a CertificateSummary together
inline constexpr std::size_t kMaxSessionContext = 255;         // bytes: a name for people, hashed into the binding
inline constexpr std::size_t kMinExternalPsk = 16;             // bytes: less can be guessed (RFC 9257 §6)
inline constexpr std::size_t kMaxTicket = 16 << 10;            // bytes of one that a client keeps: it must
                                                               // fit the extensions of a ClientHello
inline constexpr std::size_t kMaxExternalPskNames = 16 << 10;  // bytes of all identities and contexts
inline constexpr std::size_t kMaxExternalPsks = 16;            // of one configuration
inline constexpr std::size_t kMinTicketSecret = 32;            // bytes of a ticket key or of a master of such keys
inline constexpr std::size_t kMaxTicketSecret = 1024;          // likewise
inline constexpr std::size_t kMaxTicketKeys = 256;             // that one ring holds
inline constexpr std::chrono::seconds kMinTicketKeyPeriod{60};  // for which one key of a ring seals
inline constexpr std::chrono::seconds kMaxTicketKeyPeriod{86400};
inline constexpr std::size_t kMaxNewTickets = 16;      // that one server handshake sends
inline constexpr std::size_t kMaxEarlyData = 1 << 20;  // bytes that a config may allow: the client keeps them for the
                                                       // case that they are refused

}  // namespace tls::limits
