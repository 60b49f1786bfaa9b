// What a server is like from outside: what the probes of probe.h found, and server.h judges.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tls/error.h"
#include "tls/info.h"

namespace sallyport::cli::check {

/// One version of TLS, with all that depends on it.
struct VersionFacts {
  bool spoken = false;                ///< the server has answered with it, whatever became of the handshake
  std::optional<tls::Error> failure;  ///< why the first handshake did not come to its end
  tls::ConnectionInfo info;           ///< of that handshake, as far as it came
  std::vector<tls::CipherSuite> suites;
  std::vector<tls::NamedGroup> groups;      ///< of TLS 1.2 only where there is no TLS 1.3
  std::vector<tls::Resumption> resumed;     ///< ways by which a second connection went on
  std::optional<std::uint32_t> early_data;  ///< bytes that a ticket promises to take; none: there was no ticket

  [[nodiscard]] bool completed() const noexcept { return spoken && !failure; }
  /// The certificates that it was shown, whether its handshake came to an end or not.
  [[nodiscard]] const tls::CertificateChain& shown() const noexcept {
    return completed() ? info.peer_certificates : info.unproven_certificates;
  }
};

/// Certificates as a server sent them, and the staples that came with them.
struct ShownChain {
  tls::ProtocolVersion version{};
  tls::CertificateChain certificates;
  std::vector<std::uint8_t> ocsp_response;  ///< DER; empty: none
  /// Of the certificates behind the leaf, in their order (TLS 1.3); an empty one, or none at the end: none.
  std::vector<std::vector<std::uint8_t>> issuer_responses = {};
};
/// Different chains of one server: two leaves, and each whole and cut, in both versions. More are not looked at.
inline constexpr std::size_t kMaxChains = 8;

struct ServerFacts {
  std::string host;                       ///< for people: "example.com:443"
  std::optional<tls::Error> unreachable;  ///< the first connection did not come about
  std::string address;  ///< of the first connection, to which all others went: "192.0.2.1:443"; empty: there was none
  VersionFacts tls13, tls12;
  std::vector<ShownChain> chains;             ///< of all handshakes, no two the same; at most kMaxChains
  bool no_secure_renegotiation = false;       ///< TLS 1.2 without renegotiation_info (RFC 5746)
  std::vector<std::string> old_versions;      ///< "TLS 1.1": the server answered with a ServerHello
  std::vector<std::string> forbidden_suites;  ///< as below, of those that RFC 9325 forbids
  std::vector<std::string> weak_suites;       ///< that the server chose when it was offered nothing better
  std::optional<std::string> unfinished;      ///< why not all was looked at
  unsigned connections = 0;                   ///< that were made
};

}  // namespace sallyport::cli::check
