// What this side offers, what it could offer besides, and what a peer offers of all that Sallyport has: advice on
// negotiation follows from these.
#pragma once

#include <string>
#include <vector>

#include "cli/tls_options.h"
#include "tls/info.h"

namespace sallyport::cli {

/// What this side is configured with, by the options and the library's defaults.
struct Offers {
  explicit Offers(const TlsOptions& options);
  tls::ProtocolVersion min, max;
  std::vector<tls::CipherSuite> suites;
  std::vector<tls::NamedGroup> groups;
  std::vector<tls::SignatureScheme> schemes;
  std::vector<std::string> alpn;
};

/// "TLS 1.2 to TLS 1.3".
[[nodiscard]] std::string version_range(const Offers& offers);

/// What Sallyport has and `offers` leaves out, as options to give: "--min-version 1.2", "--groups with secp521r1 too".
/// Empty: everything is offered.
[[nodiscard]] std::vector<std::string> left_to_offer(const Offers& offers);

/// What a peer may insist on that Sallyport does not have, for whoever has offered everything.
[[nodiscard]] std::string what_is_missing();

/// Why a ClientHello and `offers` have no version, suite, group or scheme in common, and what to do: by what the client
/// offered.
[[nodiscard]] std::string about_versions(const Offers& ours, const tls::ClientOffer& theirs);
[[nodiscard]] std::string about_suites(const Offers& ours, const tls::ClientOffer& theirs);
[[nodiscard]] std::string about_groups(const Offers& ours, const tls::ClientOffer& theirs);
/// By which a server signs: its certificate must fit.
[[nodiscard]] std::string about_schemes(const tls::ClientOffer& theirs);
[[nodiscard]] std::string about_protocols(const tls::ClientOffer& theirs);

/// "a, b and c others" of names.
template <class Ids>
[[nodiscard]] std::string list_of(const Ids& ids) {
  constexpr std::size_t kMost = 8;
  std::string out;
  std::size_t n = 0;
  for (const auto& id : ids) {
    if (++n > kMost) continue;
    out += (n == 1 ? "" : ", ") + tls::registered_name(id);
  }
  return n > kMost ? out + " and " + std::to_string(n - kMost) + " others" : out;
}

}  // namespace sallyport::cli
