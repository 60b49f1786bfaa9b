#include "cli/settings.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

#include "base/limits.h"
#include "cli/external_psk.h"
#include "cli/files.h"
#include "cli/name_list.h"
#include "crypto/group.h"
#include "pki/certificate.h"
#include "pki/certificate_text.h"

namespace sallyport::cli {
namespace {

namespace limits = tls::limits;
using Client = tls::ClientConfig::Builder;
using Server = tls::ServerConfig::Builder;

/// What an option takes.
struct Form {
  enum Kind : std::uint8_t { on_off, policy, staples, number, text } kind;
  const char* type;                   // as --help prints it
  std::uint64_t least = 0, most = 0;  // of a number
};
constexpr Form kOnOff{Form::on_off, "WORD"}, kPolicy{Form::policy, "WORD"}, kStaples{Form::staples, "WORD"},
    kFile{Form::text, "FILE"}, kList{Form::text, "LIST"}, kText{Form::text, "TEXT"};
constexpr Form bytes(std::uint64_t least, std::uint64_t most) { return {Form::number, "BYTES", least, most}; }

bool on(const std::string& value) { return value == "on"; }
tls::Require policy(const std::string& value) {
  return value == "always" ? tls::Require::always : tls::Require::if_offered;
}
tls::StaplePolicy staples(const std::string& value) {
  if (value == "ignore") return tls::StaplePolicy::ignore;
  return value == "require" ? tls::StaplePolicy::require : tls::StaplePolicy::if_present;
}
template <class Number>
Number number(const std::string& value) {
  Number n{};
  (void)std::from_chars(value.data(), value.data() + value.size(), n);  // its range was checked with the options
  return n;
}

/// DER names of the certificates in a file, by which peers are told whom we trust.
std::vector<std::vector<std::uint8_t>> subjects_of(const std::string& option, const std::string& path) {
  const auto found = tls::pki::read_certificates(read_file(path));
  if (!found) throw Failure(kIo, option + " '" + path + "': " + found.error().detail());
  std::vector<std::vector<std::uint8_t>> names;
  for (const auto& one : *found) {
    const auto certificate = tls::pki::parse_certificate(one.der);
    if (!certificate)
      throw Failure(kIo, option + " '" + path + "', " + one.where + ": " + certificate.error().detail());
    names.emplace_back(certificate->subject.begin(), certificate->subject.end());
  }
  return names;
}

std::vector<tls::NamedGroup> shares_of(const std::string& list) {
  if (list == "none") return {};
  return parse_names("--key-shares", list, tls::named_group_named, tls::crypto::all_groups());
}

void set_ticket_request(const std::string& value, Client& builder) {
  const std::size_t comma = value.find(',');
  const auto whole = [](const std::string& text) {
    return !text.empty() && text.size() <= 3 && text.find_first_not_of("0123456789") == std::string::npos &&
           std::stoi(text) <= 255;
  };
  if (comma == std::string::npos || !whole(value.substr(0, comma)) || !whole(value.substr(comma + 1)))
    throw Failure(kUsage, "--ticket-request: '" + value + "' is not NEW,RESUMED: two numbers of 0 to 255");
  builder.ticket_request(number<std::uint8_t>(value.substr(0, comma)), number<std::uint8_t>(value.substr(comma + 1)));
}

template <class Builder>
struct Setting {
  const char* option;
  Form form;
  const char* words;
  void (*apply)(const std::string& value, Builder& builder);
};

/// Of both sides.
template <class B>
constexpr Setting<B> kCommon[] = {
    {"--extended-main-secret", kPolicy,
     "TLS 1.2 peers without extended_main_secret (RFC 7627): always refuses them, if-offered does without, so that "
     "nothing is resumed or exported; default if-offered",
     [](const std::string& v, B& b) { b.extended_main_secret(policy(v)); }},
    {"--record-size-limit", bytes(limits::kMinRecordSizeLimit, limits::kMaxPlaintext + 1),
     "Most plaintext of a record that the peer may send (RFC 8449), 64 to 16385; default: a client sends no limit, a "
     "server answers with the protocol's",
     [](const std::string& v, B& b) { b.record_size_limit(number<std::uint16_t>(v)); }},
    {"--padding", bytes(0, limits::kMaxPlaintext),
     "TLS 1.3: plaintexts are padded to a multiple of this, 0 to 16384; default 0: no padding",
     [](const std::string& v, B& b) { b.padding({.block = number<std::uint16_t>(v)}); }},
    {"--max-fragment", bytes(limits::kMinRecordSizeLimit, limits::kMaxPlaintext),
     "Most content of a record that is sent, 64 to 16384; default 16384",
     [](const std::string& v, B& b) { b.max_fragment(number<std::uint16_t>(v)); }},
    {"--max-certificate-message", bytes(1, limits::kMaxConfigurableCertificateMessage),
     "Most of a Certificate message that is taken; default 131072",
     [](const std::string& v, B& b) { b.max_certificate_message(number<std::size_t>(v)); }},
    {"--key-update-after",
     {Form::number, "RECORDS", 1, UINT64_MAX},
     "TLS 1.3: records under one key before it is updated; default: the limit of the suite",
     [](const std::string& v, B& b) { b.key_update_after(number<std::uint64_t>(v)); }},
    {"--psk-without-key-exchange", kOnOff,
     "TLS 1.3: allows psk_ke: whoever learns the key later decrypts what was recorded; default off",
     [](const std::string& v, B& b) { b.psk_without_key_exchange(on(v)); }},
};

constexpr Setting<Client> kOfClient[] = {
    {"--renegotiation-info", kPolicy,
     "TLS 1.2 servers that do not answer renegotiation_info (RFC 5746): always refuses them, if-offered does without; "
     "default always",
     [](const std::string& v, Client& b) { b.renegotiation_info(policy(v)); }},
    {"--fallback-scsv", kOnOff,
     "Sends TLS_FALLBACK_SCSV (RFC 7507), for a second attempt with a lower --max-version; default off",
     [](const std::string& v, Client& b) { b.fallback_scsv(on(v)); }},
    {"--key-shares", kList,
     "TLS 1.3: groups for which the ClientHello has a share, or none: the server asks for one; default: the first of "
     "--groups",
     [](const std::string& v, Client& b) { b.key_shares(shares_of(v)); }},
    {"--send-server-name", kOnOff, "Sends the name that is asked for (SNI); default on",
     [](const std::string& v, Client& b) { b.send_server_name(on(v)); }},
    {"--compatibility-mode", kOnOff, "TLS 1.3: looks like TLS 1.2 to middleboxes (RFC 9846 Appendix E.4); default on",
     [](const std::string& v, Client& b) { b.compatibility_mode(on(v)); }},
    {"--grease", kOnOff, "Sends GREASE values (RFC 8701); default off",
     [](const std::string& v, Client& b) { b.grease(on(v)); }},
    {"--request-ocsp", kOnOff, "Asks for a stapled OCSP response; default on",
     [](const std::string& v, Client& b) { b.request_ocsp(on(v)); }},
    {"--staples", kStaples,
     "Stapled OCSP responses: ignore, if-present (a bad or revoked one is refused, and a certificate that demands one "
     "has to have it) or require; default if-present",
     [](const std::string& v, Client& b) { b.staples(staples(v)); }},
    {"--request-scts", kOnOff, "Asks for certificate timestamps; default off",
     [](const std::string& v, Client& b) { b.request_scts(on(v)); }},
    {"--certificate-authorities", kFile,
     "PEM or DER: certificates whose subjects are sent as certificate_authorities; default: none",
     [](const std::string& v, Client& b) { b.certificate_authorities(subjects_of("--certificate-authorities", v)); }},
    {"--authorities-bind", kOnOff,
     "Keeps --cert back from a server that names authorities of which none has issued it; default off",
     [](const std::string& v, Client& b) { b.authorities_bind(on(v)); }},
    {"--tickets", kOnOff, "TLS 1.2: takes tickets, where sessions are kept; default on",
     [](const std::string& v, Client& b) { b.tickets(on(v)); }},
    {"--ticket-request",
     {Form::text, "NEW,RESUMED"},
     "TLS 1.3: how many tickets the server should give, after a full handshake and after a resumption (RFC 9149); "
     "default: it is not told",
     set_ticket_request},
    {"--verify-resumed", kOnOff, "Judges the certificate chain of a session again when it is resumed; default off",
     [](const std::string& v, Client& b) { b.verify_resumed(on(v)); }},
    {"--ignore-hello-requests", kOnOff,
     "TLS 1.2: says nothing to a HelloRequest, instead of the warning no_renegotiation; default off",
     [](const std::string& v, Client& b) { b.ignore_hello_requests(on(v)); }},
};

constexpr Setting<Server> kOfServer[] = {
    {"--client-authorities", kFile,
     "PEM or DER: certificates whose subjects clients are told with --verify-client; default: none, so that any issuer "
     "will do",
     [](const std::string& v, Server& b) { b.client_authorities(subjects_of("--client-authorities", v)); }},
    {"--client-staples", kStaples,
     "OCSP responses that clients staple to their certificates in TLS 1.3, with --verify-client: ignore (they are not "
     "asked for), if-present or require; default ignore",
     [](const std::string& v, Server& b) { b.client_staples(staples(v)); }},
    {"--require-alpn", kOnOff, "Refuses clients whose ALPN has nothing of --alpn; off: without a protocol; default on",
     [](const std::string& v, Server& b) { b.require_alpn(on(v)); }},
    {"--prefer-server-order", kOnOff, "Suites and groups in the order of this side; default on",
     [](const std::string& v, Server& b) { b.prefer_server_order(on(v)); }},
    {"--retry-cookie", kOnOff, "TLS 1.3: a cookie in every HelloRetryRequest; default on",
     [](const std::string& v, Server& b) { b.retry_cookie(on(v)); }},
    {"--always-retry", kOnOff, "TLS 1.3: a HelloRetryRequest for everybody, to prove the address; default off",
     [](const std::string& v, Server& b) { b.always_retry(on(v)); }},
    {"--session-context", kText, "Which service this is: sessions are resumed where it is the same; default: empty",
     [](const std::string& v, Server& b) { b.session_context(v); }},
    {"--ticket-certificate", bytes(0, limits::kMaxTicketLeaf),
     "Largest client certificate that goes whole into tickets, 0 to 8192; default 2048",
     [](const std::string& v, Server& b) { b.ticket_certificate(number<std::size_t>(v)); }},
    {"--verify-resumed", kOnOff,
     "Judges the certificate chain of a client's session again when it is resumed; default off",
     [](const std::string& v, Server& b) { b.verify_resumed(on(v)); }},
};

template <class Rows>
void define(CLI::App& app, Settings& settings, const Rows& rows) {
  for (const auto& row : rows) {
    auto* option = app.add_option(row.option, settings.values[row.option], row.words)->type_name(row.form.type);
    if (row.form.kind == Form::on_off) option->check(CLI::IsMember({"on", "off"}));
    if (row.form.kind == Form::policy) option->check(CLI::IsMember({"always", "if-offered"}));
    if (row.form.kind == Form::staples) option->check(CLI::IsMember({"ignore", "if-present", "require"}));
    if (row.form.kind == Form::number)
      option->check(CLI::Range(row.form.least, row.form.most))->type_name(row.form.type);
  }
}

template <class Builder, class Rows>
void apply_rows(const Settings& settings, const Rows& rows, Builder& builder) {
  for (const auto& row : rows)
    if (const std::string& value = settings.of(row.option); !value.empty()) row.apply(value, builder);
}

/// The setter that an option is named after.
std::string setter_of(std::string option) {
  option.erase(0, 2);
  std::ranges::replace(option, '-', '_');
  return option;
}

}  // namespace

const std::string& Settings::of(const std::string& option) const {
  static const std::string kNothing;
  const auto found = values.find(option);
  return found == values.end() ? kNothing : found->second;
}

void define_settings(CLI::App& app, Settings& settings, Side side) {
  if (side == Side::client) {
    define(app, settings, kCommon<Client>);
    define(app, settings, kOfClient);
  } else {
    define(app, settings, kCommon<Server>);
    define(app, settings, kOfServer);
  }
  define_external_psks(app, settings);
}

void apply(const Settings& settings, tls::ClientConfig::Builder& builder) {
  apply_rows(settings, kCommon<Client>, builder);
  apply_rows(settings, kOfClient, builder);
  if (auto keys = external_psks(settings); !keys.empty()) builder.external_psks(std::move(keys));
}

void apply(const Settings& settings, tls::ServerConfig::Builder& builder) {
  apply_rows(settings, kCommon<Server>, builder);
  apply_rows(settings, kOfServer, builder);
  if (auto keys = external_psks(settings); !keys.empty()) builder.external_psks(std::move(keys));
}

std::string with_options(const std::string& words, Side side) {
  std::string out;
  const auto add = [&](const auto& rows) {
    for (const auto& row : rows)
      if (const std::string setter = setter_of(row.option); words.find(setter) != std::string::npos)
        out += (out.empty() ? " (" : ", ") + setter + " is " + row.option;
  };
  add(kCommon<Client>);
  if (side == Side::client)
    add(kOfClient);
  else
    add(kOfServer);
  return words + (out.empty() ? "" : out + ")");
}

}  // namespace sallyport::cli
