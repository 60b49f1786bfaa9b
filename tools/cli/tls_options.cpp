#include "cli/tls_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "cli/far_keys.h"
#include "cli/files.h"
#include "cli/key_log.h"
#include "cli/name_list.h"
#include "crypto/group.h"
#include "crypto/signature.h"
#include "crypto/suite.h"
#include "handshake/settings.h"

namespace sallyport::cli {
namespace {

tls::ProtocolVersion parse_version(const char* option, const std::string& text) {
  if (text == "1.2") return tls::ProtocolVersion::tls12;
  if (text == "1.3") return tls::ProtocolVersion::tls13;
  throw Failure(kUsage, std::string(option) + ": '" + text + "' is neither 1.2 nor 1.3");
}

template <class Builder>
void apply_to(const TlsOptions& o, Builder& builder) {
  if (!o.min_version.empty() || !o.max_version.empty()) {
    const tls::CommonSettings defaults;
    const auto min = o.min_version.empty() ? defaults.min_version : parse_version("--min-version", o.min_version);
    const auto max = o.max_version.empty() ? defaults.max_version : parse_version("--max-version", o.max_version);
    builder.versions(o.min_version.empty() ? std::min(min, max) : min,
                     o.max_version.empty() ? std::max(min, max) : max);
  }
  if (!o.ciphers.empty())
    builder.cipher_suites(parse_names("--ciphers", o.ciphers, tls::cipher_suite_named, tls::crypto::all_suites()));
  if (!o.groups.empty())
    builder.groups(parse_names("--groups", o.groups, tls::named_group_named, tls::crypto::all_groups()));
  if (!o.sigalgs.empty())
    builder.signature_schemes(
        parse_names("--sigalgs", o.sigalgs, tls::signature_scheme_named, tls::crypto::all_schemes()));
  if (!o.alpn.empty()) builder.alpn(split(o.alpn));
  if (!o.keylog.empty()) builder.key_log(open_key_log(o.keylog));
  if (!o.kernel.empty()) builder.force_kernel(o.kernel);
  apply(o.settings, builder);
}

}  // namespace

void define_tls_options(CLI::App& app, TlsOptions& o, Side side) {
  o.side = side;
  const auto add = [&](const char* name, auto& value, const char* type, const std::string& words) {
    return app.add_option(name, value, words)->type_name(type);
  };
  add("--cert", o.certs, "FILE",
      "PEM or DER: certificate chain, the leaf and its issuers; without --key, PEM or PKCS#12 with the private key in "
      "it "
      "(repeatable); default: none, and a server needs one")
      ->allow_extra_args(false);
  add("--key", o.keys, "FILE",
      "PEM or DER: the private key of the --cert of the same place; or one that is kept elsewhere: "
      "keyserver:PATH#NAME (see `sallyport keyserver`) or pkcs11:... (RFC 7512); default: it is in the file of --cert")
      ->allow_extra_args(false);
  add("--key-password-file", o.key_passwords.files, "FILE",
      "The first line is the password of an encrypted key, or the PIN of a pkcs11: key, which must have no other "
      "source; "
      "once for all, or once for each --cert; default: a password is asked for at the terminal")
      ->allow_extra_args(false);
  add("--key-password-env", o.key_passwords.names, "NAME",
      "The environment variable that holds the password or the PIN; once for all, or once for each as above; default: "
      "as above")
      ->allow_extra_args(false);
  add("--min-version", o.min_version, "VERSION", "Oldest version of TLS, 1.2 or 1.3; default 1.2");
  add("--max-version", o.max_version, "VERSION", "Newest version of TLS, 1.2 or 1.3; default 1.3");
  add("--ciphers", o.ciphers, "LIST",
      "Cipher suites in order of preference, IANA's or OpenSSL's names, with commas; default: " +
          names_of(tls::crypto::all_suites()));
  add("--groups", o.groups, "LIST",
      "Key exchange groups, likewise; default: " + default_names_of(tls::crypto::all_groups()));
  add("--sigalgs", o.sigalgs, "LIST",
      "Signature schemes accepted from the peer, likewise; default: " + default_names_of(tls::crypto::all_schemes()));
  add("--alpn", o.alpn, "LIST", "Application protocols in order of preference, with commas; default: none");
  add("--keylog", o.keylog, "FILE",
      "Appends the secrets of every connection to this file, mode 0600 (SSLKEYLOGFILE, RFC 9850): whoever reads it can "
      "decrypt them; default: none");
  add("--kernel", o.kernel, "NAME",
      "Diagnosis: an implementation by its name, see `sallyport cpu`; default: the best for this CPU");
  define_settings(app, o.settings, side);
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min({list.find(',', at), list.find(':', at), list.size()});
    if (end > at) out.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

void need_tls13(const TlsOptions& o, const std::string& option) {
  if (o.max_version == "1.2") throw Failure(kUsage, option + " is for TLS 1.3, which --max-version 1.2 rules out");
}

void apply(const TlsOptions& options, tls::ClientConfig::Builder& builder) { apply_to(options, builder); }
void apply(const TlsOptions& options, tls::ServerConfig::Builder& builder) { apply_to(options, builder); }

std::vector<tls::CredentialPtr> load_credentials(const TlsOptions& options) {
  KeyPasswords passwords(options.key_passwords, options.certs.size());
  return load_credentials(options, passwords);
}

namespace {

/// The credential of one place.
tls::CredentialPtr load_credential(const TlsOptions& options, std::size_t place, KeyPasswords& passwords) {
  const std::string& cert = options.certs[place];
  if (!options.keys.empty())
    if (auto far = far_credential(cert, options.keys[place], passwords.pin(place), options.side)) return far;
  const bool together = options.keys.empty() || options.keys[place] == cert;
  tls::CredentialReport report;
  tls::CredentialOptions how{
      .password = passwords.source(place), .chain_file = "'" + cert + "'", .key_file = {}, .report = &report};
  tls::Result<tls::CredentialPtr> loaded;
  const tls::SecretBytes chain = read_secret(cert);  // may hold the key, too
  if (together) {
    loaded = tls::load_credential(chain.text(), how);
  } else {
    how.key_file = "'" + options.keys[place] + "'";
    const tls::SecretBytes key = read_secret(options.keys[place]);
    loaded = tls::load_credential(chain.text(), key.text(), how);
  }
  if (!loaded) throw Failure(kIo, loaded.error().message());
  for (const std::string& words : report.warnings) std::cerr << "WARNING: " + words + "\n";
  return std::move(*loaded);
}

}  // namespace

std::vector<tls::CredentialPtr> load_credentials(const TlsOptions& options, KeyPasswords& passwords) {
  if (!options.keys.empty() && options.certs.size() != options.keys.size())
    throw Failure(kUsage, "every --cert needs its --key, or none has one: there are " +
                              std::to_string(options.certs.size()) + " and " + std::to_string(options.keys.size()));
  std::vector<tls::CredentialPtr> out;
  for (std::size_t place = 0; place < options.certs.size(); ++place)
    out.push_back(load_credential(options, place, passwords));
  passwords.settle();
  return out;
}

std::shared_ptr<const tls::ChainVerifier> load_roots(const std::string& file) {
  auto verifier = tls::trust_pem(read_file(file));
  if (!verifier) throw Failure(kIo, "'" + file + "': " + verifier.error().message());
  return *verifier;
}

void refuse_config(const tls::Error& error, Side side) { throw Failure(kUsage, with_options(error.message(), side)); }

}  // namespace sallyport::cli
