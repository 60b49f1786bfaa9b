#include "cli/tls_options.h"

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>

#include "cli/files.h"
#include "crypto/group.h"
#include "crypto/signature.h"
#include "crypto/suite.h"
#include "handshake/settings.h"

namespace sallyport::cli {
namespace {

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min({list.find(',', at), list.find(':', at), list.size()});
    if (end > at) out.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

template <class All>
std::string known_names(const All& all) {
  std::string out;
  for (const auto& row : all) out += (out.empty() ? "" : ", ") + std::string(row.name);
  return out;
}

template <class Id, class All>
std::vector<Id> parse(const char* option, const std::string& list,
                      std::optional<Id> (*named)(std::string_view) noexcept, const All& all) {
  std::vector<Id> out;
  for (const std::string& word : split(list)) {
    const auto id = named(word);
    if (!id)
      throw Failure(kUsage, std::string(option) + ": '" + word + "' is not known; known are " + known_names(all));
    out.push_back(*id);
  }
  return out;
}

tls::ProtocolVersion parse_version(const char* option, const std::string& text) {
  if (text == "1.2") return tls::ProtocolVersion::tls12;
  if (text == "1.3") return tls::ProtocolVersion::tls13;
  throw Failure(kUsage, std::string(option) + ": '" + text + "' is neither 1.2 nor 1.3");
}

/// A file to which connections of all threads append whole lines (RFC 9850).
tls::KeyLog open_key_log(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) throw Failure(kIo, "'" + path + "' cannot be written: " + std::strerror(errno));
  const std::shared_ptr<const int> file(new int(fd), [](const int* f) {
    ::close(*f);
    delete f;
  });
  return [file](std::string_view line) {
    const std::string whole = std::string(line) + "\n";
    (void)!::write(*file, whole.data(), whole.size());  // one write: lines of several threads do not mix
  };
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
    builder.cipher_suites(parse("--ciphers", o.ciphers, tls::cipher_suite_named, tls::crypto::all_suites()));
  if (!o.groups.empty()) builder.groups(parse("--groups", o.groups, tls::named_group_named, tls::crypto::all_groups()));
  if (!o.sigalgs.empty())
    builder.signature_schemes(parse("--sigalgs", o.sigalgs, tls::signature_scheme_named, tls::crypto::all_schemes()));
  if (!o.alpn.empty()) builder.alpn(split(o.alpn));
  if (!o.keylog.empty()) builder.key_log(open_key_log(o.keylog));
  if (!o.kernel.empty()) builder.force_kernel(o.kernel);
}

/// What was asked for, else all that is built.
template <class All>
std::string or_all(const std::string& value, const All& all) {
  return value.empty() ? known_names(all) : value;
}

std::string version_range(const TlsOptions& o) {
  const tls::CommonSettings defaults;
  const std::string min = o.min_version.empty() ? std::string(tls::name(defaults.min_version)) : "TLS " + o.min_version;
  const std::string max = o.max_version.empty() ? std::string(tls::name(defaults.max_version)) : "TLS " + o.max_version;
  return min == max ? min : min + " to " + max;
}

/// Whether what we are configured with has to do with it: only then is it worth a reader's time.
bool about_negotiation(const tls::Error& error) {
  using tls::Alert;
  using tls::Code;
  static constexpr Code kCodes[] = {Code::unsupported_version,    Code::version_not_offered,
                                    Code::downgrade_detected,     Code::no_shared_cipher,
                                    Code::no_shared_group,        Code::no_shared_signature_scheme,
                                    Code::wrong_cipher,           Code::wrong_group,
                                    Code::wrong_signature_scheme, Code::no_application_protocol,
                                    Code::bad_alpn_answer,        Code::missing_extension};
  static constexpr Alert kAlerts[] = {Alert::handshake_failure,     Alert::protocol_version,
                                      Alert::insufficient_security, Alert::illegal_parameter,
                                      Alert::missing_extension,     Alert::no_application_protocol};
  if (error.peer_alert()) return std::ranges::find(kAlerts, *error.peer_alert()) != std::end(kAlerts);
  return std::ranges::find(kCodes, error.code()) != std::end(kCodes);
}

/// What a user can do about it; empty where the sentence and detail say it all.
std::string advice(const tls::Error& error) {
  using tls::Alert;
  using tls::Code;
  if (error.peer_alert()) {
    switch (*error.peer_alert()) {
      case Alert::handshake_failure:
        return "offer more: --ciphers, --groups, --sigalgs; the two sides have nothing in common";
      case Alert::protocol_version:
        return "the peer wants another version: --min-version, --max-version";
      case Alert::unknown_ca:
        return "the peer does not trust our certificate: give it the root, or use another --cert";
      case Alert::certificate_required:
        return "the peer wants a client certificate: --cert FILE --key FILE";
      case Alert::no_application_protocol:
        return "the peer wants another protocol: --alpn";
      case Alert::unrecognized_name:
        return "the peer does not serve that name: --servername";
      case Alert::bad_certificate:
      case Alert::certificate_unknown:
      case Alert::certificate_expired:
      case Alert::certificate_revoked:
      case Alert::unsupported_certificate:
        return "the peer refused our certificate: its log says why";
      default:
        return "the peer's log may say more";
    }
  }
  switch (error.code()) {
    case Code::unknown_ca:
      return "--ca FILE with the root that issued the certificate";
    case Code::name_mismatch:
      return "--servername NAME with a name that the certificate has";
    case Code::unsupported_version:
      return "--min-version, --max-version";
    case Code::no_shared_cipher:
      return "--ciphers";
    case Code::no_shared_group:
      return "--groups";
    case Code::no_shared_signature_scheme:
      return "--sigalgs, or another --cert";
    case Code::no_application_protocol:
      return "--alpn";
    case Code::client_certificate_required:
      return "--verify-client request, or a client with a certificate";
    case Code::not_tls:
      return "is there a TLS peer at that address and port?";
    case Code::truncated:
      return "the peer or something between went away: its log may say why";
    default:
      return {};
  }
}

}  // namespace

void define_tls_options(CLI::App& app, TlsOptions& o) {
  app.add_option("--cert", o.certs, "PEM file: certificate chain, leaf first (repeatable)")->allow_extra_args(false);
  app.add_option("--key", o.keys, "PEM file: the private key of the --cert of the same place")->allow_extra_args(false);
  app.add_option("--min-version", o.min_version, "1.2 or 1.3");
  app.add_option("--max-version", o.max_version, "1.2 or 1.3");
  app.add_option("--ciphers", o.ciphers,
                 "Cipher suites in order of preference, IANA's or OpenSSL's names, with commas");
  app.add_option("--groups", o.groups, "Key exchange groups, likewise");
  app.add_option("--sigalgs", o.sigalgs, "Signature schemes accepted from the peer, likewise");
  app.add_option("--alpn", o.alpn, "Application protocols in order of preference, with commas");
  app.add_option("--keylog", o.keylog, "Appends the connection's secrets to this file (SSLKEYLOGFILE, RFC 9850)");
  app.add_option("--kernel", o.kernel, "Diagnosis: an implementation by its name, see `sallyport cpu`");
}

void apply(const TlsOptions& options, tls::ClientConfig::Builder& builder) { apply_to(options, builder); }
void apply(const TlsOptions& options, tls::ServerConfig::Builder& builder) { apply_to(options, builder); }

std::vector<tls::CredentialPtr> load_credentials(const TlsOptions& options) {
  if (options.certs.size() != options.keys.size())
    throw Failure(kUsage, "every --cert needs its --key: there are " + std::to_string(options.certs.size()) + " and " +
                              std::to_string(options.keys.size()));
  std::vector<tls::CredentialPtr> out;
  for (std::size_t i = 0; i < options.certs.size(); ++i) {
    auto loaded = tls::load_credential(read_file(options.certs[i]), read_file(options.keys[i]));
    if (!loaded)
      throw Failure(kIo, "'" + options.certs[i] + "' and '" + options.keys[i] + "': " + loaded.error().message());
    out.push_back(std::move(*loaded));
  }
  return out;
}

std::shared_ptr<const tls::ChainVerifier> load_roots(const std::string& file) {
  auto verifier = tls::trust_pem(read_file(file));
  if (!verifier) throw Failure(kIo, "'" + file + "': " + verifier.error().message());
  return *verifier;
}

void refuse_config(const tls::Error& error) { throw Failure(kUsage, error.message()); }

Exit status_of(const tls::Error& error) {
  using tls::Code;
  switch (error.code()) {
    case Code::transport_failed:
    case Code::timed_out:
      return kIo;
    case Code::bad_certificate:
    case Code::unsupported_certificate:
    case Code::certificate_revoked:
    case Code::certificate_expired:
    case Code::certificate_not_yet_valid:
    case Code::unknown_ca:
    case Code::name_mismatch:
    case Code::certificate_refused:
    case Code::bad_staple:
      return kRefused;
    default:
      return kTls;
  }
}

std::string explain(const tls::Error& error, const TlsOptions& o) {
  std::string out = error.message();
  if (status_of(error) == kIo) return out;
  if (error.peer_alert()) {
    out += "\n  alert       " + std::string(tls::name(*error.peer_alert())) + ", sent by the peer";
  } else if (error.alert()) {
    out += "\n  alert       " + std::string(tls::name(*error.alert())) + ", sent by us";
  } else {
    out += "\n  alert       none";
  }
  const auto rule = tls::facts(error.code()).rule;
  if (!rule.empty()) out += "\n  rule        " + std::string(rule);
  if (about_negotiation(error)) {
    out += "\n  versions    " + version_range(o);
    out += "\n  suites      " + or_all(o.ciphers, tls::crypto::all_suites());
    out += "\n  groups      " + or_all(o.groups, tls::crypto::all_groups());
    out += "\n  signatures  " + or_all(o.sigalgs, tls::crypto::all_schemes());
    out += "\n  protocols   " + (o.alpn.empty() ? "none" : o.alpn);
  }
  const std::string help = advice(error);
  if (!help.empty()) out += "\n  try         " + help;
  return out;
}

namespace {

void split(const std::string& text, std::string& host, std::string& port) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string::npos) throw Failure(kUsage, "'" + text + "' has no ']'");
    host = text.substr(1, end - 1);
    if (end + 1 == text.size()) return;
    if (text[end + 1] != ':') throw Failure(kUsage, "'" + text + "' is not [ADDRESS]:PORT");
    port = text.substr(end + 2);
    return;
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || text.find(':', colon + 1) != std::string::npos) {  // a name, or an IPv6 address
    host = text;
    return;
  }
  host = text.substr(0, colon);
  port = text.substr(colon + 1);
}

bool digits(const std::string& text) { return text.find_first_not_of("0123456789") == std::string::npos; }

}  // namespace

void split_host(const std::string& text, std::string& host, std::string& port) {
  split(text, host, port);
  if (host.empty() || digits(host) || text.find("://") != std::string::npos)
    throw Failure(kUsage, "'" + text + "' is not a name or address, with or without :PORT behind it");
  constexpr int kMaxPort = 65535;
  if (port.empty() || (digits(port) && (port.size() > 5 || std::stoi(port) > kMaxPort)))
    throw Failure(kUsage, "'" + port + "' in '" + text + "' is not a port");
}

}  // namespace sallyport::cli
