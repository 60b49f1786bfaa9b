// The certificates of a credential: which is the leaf, and in which order the others are sent.
#pragma once

#include <string>
#include <vector>

#include "pki/certificate.h"
#include "pki/certificate_text.h"
#include "tls/credentials.h"
#include "tls/error.h"

namespace tls::pki {

class CredentialChain {
 public:
  /// The certificates of a file, in its order; those that are there twice count once. `file` names it in errors and may
  /// be empty. Fails with bad_key_file and the place when one cannot be parsed, and beyond limits::kMaxCertificates.
  [[nodiscard]] static Result<CredentialChain> read(std::vector<FoundCertificate> found, std::string file);

  [[nodiscard]] std::size_t size() const noexcept { return parsed_.size(); }
  [[nodiscard]] const Certificate& operator[](std::size_t i) const noexcept { return parsed_[i]; }
  /// The first certificate that holds a key of this kind and issued none of the others, by name; 0 when there is none.
  [[nodiscard]] std::size_t leaf_by_kind(KeyKind kind) const;
  /// An error of that certificate, as a problem of the user's file: bad_key_file, with the place.
  [[nodiscard]] std::unexpected<Error> error_at(std::size_t i, const Error& error) const;

  /// Fills in what the certificates say, and moves them away: the line that starts with the leaf, in which each
  /// certificate certifies the one before it, and alternatives, which certify another one (RFC 9846 §4.5.1: a current
  /// and a deprecated intermediate). Whatever the order of the file was: of several certificates of the issuer's name
  /// that one continues the line whose key has signed (IssuerChoice); and where it matters, the order of the file
  /// decides.
  /// Fails with bad_key_file for a certificate that certifies none of the others. Tells in `report` what is worth it.
  [[nodiscard]] Result<void> fill(Credential& credential, std::size_t leaf, CredentialReport& report) &&;

 private:
  CredentialChain() = default;
  [[nodiscard]] std::string place(std::size_t i) const;
  [[nodiscard]] std::string in_file(std::string_view words) const;
  [[nodiscard]] std::vector<std::size_t> line_from(std::size_t leaf) const;
  void describe_leaf(Credential& credential, const Certificate& leaf) const;
  [[nodiscard]] std::unexpected<Error> stranger(std::size_t i, const Certificate& end) const;
  void take(Credential& credential, std::size_t i, bool in_line);

  std::string file_;
  std::vector<FoundCertificate> found_;
  std::vector<Certificate> parsed_;  // views into `found_`
};

}  // namespace tls::pki
