// The options that servers and clients have in common, and the reports on failures that quote them.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "tls/config.h"

namespace sallyport::cli {

struct TlsOptions {
  std::string min_version, max_version, ciphers, groups, sigalgs, alpn, keylog, kernel;
  std::vector<std::string> certs, keys;
};

void define_tls_options(CLI::App& app, TlsOptions& options);

/// Sets all of them but the credentials. Failure(kUsage) for a name that is not known.
void apply(const TlsOptions& options, tls::ClientConfig::Builder& builder);
void apply(const TlsOptions& options, tls::ServerConfig::Builder& builder);

/// The pairs of --cert and --key, loaded. Failure(kUsage) or Failure(kIo).
[[nodiscard]] std::vector<tls::CredentialPtr> load_credentials(const TlsOptions& options);
/// Verifier of the roots in a PEM file. Failure(kIo).
[[nodiscard]] std::shared_ptr<const tls::ChainVerifier> load_roots(const std::string& file);
/// Failure(kUsage) with the words of a configuration that was not built.
[[noreturn]] void refuse_config(const tls::Error& error);

/// How a failure ends the program: kIo for the transport, kRefused for a certificate that we refused, else kTls.
[[nodiscard]] Exit status_of(const tls::Error& error);
/// Everything about a failure, in lines for people: what happened, the alert and who sent it, the rule, what we were
/// configured with, what to try.
[[nodiscard]] std::string explain(const tls::Error& error, const TlsOptions& options);

/// "host:port", "[::1]:port", "::1" or "host"; `port` is left as it is where none is named.
void split_host(const std::string& text, std::string& host, std::string& port);

}  // namespace sallyport::cli
