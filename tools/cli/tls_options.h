// The options that servers and clients have in common.
#pragma once

#include <string>
#include <vector>

#include "cli/key_passwords.h"
#include "cli/settings.h"
#include "tls/config.h"

namespace sallyport::cli {

struct TlsOptions {
  std::string min_version, max_version, ciphers, groups, sigalgs, alpn, keylog, kernel;
  std::vector<std::string> certs, keys;  // no key at all: each certificate's file holds its key
  KeyPasswordOptions key_passwords;
  Side side = Side::server;  ///< whose they are
  Settings settings;
};

void define_tls_options(CLI::App& app, TlsOptions& options, Side side = Side::server);

/// Failure(kUsage) when an option that only TLS 1.3 knows stands beside --max-version 1.2.
void need_tls13(const TlsOptions& options, const std::string& option);

/// Sets all of them but the credentials. Failure(kUsage) for a name that is not known.
void apply(const TlsOptions& options, tls::ClientConfig::Builder& builder);
void apply(const TlsOptions& options, tls::ServerConfig::Builder& builder);

/// The pairs of --cert and --key, loaded; warnings go to the standard error. Failure(kUsage) or Failure(kIo).
[[nodiscard]] std::vector<tls::CredentialPtr> load_credentials(const TlsOptions& options);
/// The same for who loads them again and again: `passwords` are those of these options, and settled by the first load.
[[nodiscard]] std::vector<tls::CredentialPtr> load_credentials(const TlsOptions& options, KeyPasswords& passwords);
/// Verifier of the roots in a PEM file. Failure(kIo).
[[nodiscard]] std::shared_ptr<const tls::ChainVerifier> load_roots(const std::string& file);
/// Failure(kUsage) with the words of a configuration that was not built, and the options that they are about.
[[noreturn]] void refuse_config(const tls::Error& error, Side side = Side::server);

}  // namespace sallyport::cli
