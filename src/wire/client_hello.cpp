#include "wire/client_hello.h"

#include "base/host_name.h"
#include "base/limits.h"
#include "wire/extension_body.h"
#include "wire/seen_numbers.h"

namespace tls::wire {
namespace {

using enum ExtensionType;

constexpr std::uint8_t kHostName = 0;  // NameType (RFC 6066 §3)

bool is_visible_ascii(Bytes text) noexcept {
  return std::ranges::all_of(text, [](std::uint8_t c) { return c > 0x20 && c < 0x7F; });
}

/// ServerNameList (RFC 6066 §3). Names of other types than host_name have their length in front too, and are skipped.
Result<std::string_view> read_server_name(const Extension& e) {
  const auto names = read_vector(e, 2, 1);
  if (!names) return std::unexpected(names.error());
  std::optional<Bytes> host_name;
  for (Reader r(*names); !r.empty();) {
    const std::uint8_t name_type = r.u8();
    const Bytes name = r.vector16(1);
    if (!r.ok()) return bad_extension(e.extension_type, "a name is malformed");
    if (name_type != kHostName) continue;
    // RFC 6066 §3: MUST NOT contain more than one name of the same type.
    if (host_name) return illegal_extension(e.extension_type, "holds two host names");
    // RFC 9846 §6.2: what the syntax allows and no host name can be is illegal_parameter.
    if (name.size() > limits::kMaxHostName)
      return illegal_extension(e.extension_type,
                               "the host name has more than " + std::to_string(limits::kMaxHostName) + " bytes");
    if (!is_visible_ascii(name))
      return illegal_extension(e.extension_type, "the host name holds a character that is not visible ASCII");
    host_name = name;
  }
  if (!host_name) return bad_extension(e.extension_type, "holds no host name");
  return as_text(*host_name);
}

/// CertificateStatusRequest (RFC 6066 §8). What it says of responders and extensions is of no use to us.
Result<bool> read_status_request(const Extension& e) {
  Reader r(e.extension_data);
  const std::uint8_t status_type = r.u8();
  if (r.ok() && status_type != kOcspStatus) return false;  // something that we do not have
  (void)r.vector16();                                      // responder_id_list
  (void)r.vector16();                                      // request_extensions
  if (!r.done()) return bad_extension(e.extension_type, "the CertificateStatusRequest is malformed");
  return true;
}

Result<KeyShareList> read_key_shares(const Extension& e) {
  auto shares = read_list<KeyShareEntry>(e, 0);
  if (!shares) return shares;
  SeenNumbers seen;
  for (const KeyShareEntry& share : *shares)
    // RFC 9846 §4.3.8: MUST NOT offer multiple KeyShareEntry values for the same group.
    if (const auto group = static_cast<std::uint16_t>(share.group); !seen.insert(group))
      return fail(Code::duplicate_key_share, registered_name(share.group));
  return shares;
}

Result<OfferedPsks> read_offered_psks(const Extension& e) {
  Reader r(e.extension_data);
  const Bytes identities = r.vector16(7), binders = r.vector16(33);
  if (!r.done()) return bad_extension(e.extension_type, "the lists of identities and binders do not fit it");
  const auto identity_list = PskIdentityList::parse(identities);
  if (!identity_list) return bad_extension(e.extension_type, "an identity is malformed");
  const auto binder_list = PskBinderList::parse(binders);
  if (!binder_list) return bad_extension(e.extension_type, "a binder is malformed");
  // RFC 9846 §4.3.11: one binder for each identity.
  if (identity_list->size() != binder_list->size())
    return fail(Code::binder_count_mismatch, std::to_string(identity_list->size()) + " identities and " +
                                                 std::to_string(binder_list->size()) + " binders");
  return OfferedPsks{*identity_list, *binder_list};
}

Result<TicketRequest> read_ticket_request(const Extension& e) {
  if (e.extension_data.size() != 2) return bad_extension(e.extension_type, "should hold two counts");
  return TicketRequest{e.extension_data[0], e.extension_data[1]};
}

Result<void> read_extension(ClientHello& hello, const Extension& e) {
  switch (e.extension_type) {
    case server_name:
      return store(hello.server_name, read_server_name(e));
    case status_request:
      return store(hello.status_request, read_status_request(e));
    case supported_groups:
      return store(hello.supported_groups, read_u16_list<NamedGroup>(e));
    case ec_point_formats:
      return store(hello.ec_point_formats, read_vector(e, 1, 1));
    case signature_algorithms:
      return store(hello.signature_algorithms, read_u16_list<SignatureScheme>(e));
    case signature_algorithms_cert:
      return store(hello.signature_algorithms_cert, read_u16_list<SignatureScheme>(e));
    case application_layer_protocol_negotiation:
      return store(hello.alpn, read_list<ProtocolName>(e));
    case signed_certificate_timestamp:
      return store(hello.signed_certificate_timestamp, read_flag(e));
    case padding:
      hello.padding = static_cast<std::uint16_t>(e.extension_data.size());
      return {};
    case extended_main_secret:
      return store(hello.extended_main_secret, read_flag(e));
    case record_size_limit:
      return store(hello.record_size_limit, read_record_size_limit(e));
    case session_ticket:
      hello.session_ticket = e.extension_data;
      return {};
    case pre_shared_key:
      if (auto psks = read_offered_psks(e))
        hello.pre_shared_key = *psks;
      else
        hello.bad_psks = BadPsks{psks.error().code(), psks.error().detail()};
      return {};
    case early_data:
      return store(hello.early_data, read_flag(e));
    case supported_versions:
      return store(hello.supported_versions, read_u16_list<ProtocolVersion>(e, 1));
    case cookie:
      return store(hello.cookie, read_cookie(e));
    case psk_key_exchange_modes:
      return store(hello.psk_key_exchange_modes, read_vector(e, 1, 1));
    case certificate_authorities:
      return store(hello.certificate_authorities, read_list<DistinguishedName>(e));
    case post_handshake_auth:
      return store(hello.post_handshake_auth, read_flag(e));
    case key_share:
      return store(hello.key_share, read_key_shares(e));
    case ticket_request:
      return store(hello.ticket_request, read_ticket_request(e));
    case renegotiation_info:
      return store(hello.renegotiation_info, read_vector(e, 1, 0));
    default:
      break;
  }
  // RFC 9846 §4.2.2: servers MUST ignore unrecognized extensions.
  if (!hello.grease && is_grease(static_cast<std::uint16_t>(e.extension_type))) hello.grease = e;
  return {};
}

Result<void> read_extensions(ClientHello& hello, Bytes block) {
  const auto list = check_extensions(block, Place::client_hello);
  if (!list) return std::unexpected(list.error());
  for (const Extension& e : *list) {
    // RFC 9846 §4.3.11: servers MUST check that pre_shared_key is the last extension.
    if (hello.pre_shared_key) {
      hello.pre_shared_key.reset();
      hello.bad_psks = BadPsks{Code::psk_not_last, name(e.extension_type) + " follows it"};
    }
    if (auto ok = read_extension(hello, e); !ok) return ok;
  }
  return {};
}

void write_server_name(Writer& w, std::string_view host_name) {
  write_extension(w, server_name, [&] { w.prefixed(2, [&] { w.u8(kHostName), w.vector16(as_bytes(host_name)); }); });
}

void write_offered_psks(Writer& w, const OfferedPsks& psks) {
  write_extension(w, pre_shared_key, [&] { w.vector16(psks.identities.bytes()), w.vector16(psks.binders.bytes()); });
}

void write_extensions(Writer& w, const ClientHello& hello) {
  if (hello.grease) hello.grease->write(w);
  if (hello.server_name) write_server_name(w, *hello.server_name);
  write_flag(w, extended_main_secret, hello.extended_main_secret);
  write_vector(w, renegotiation_info, 1, hello.renegotiation_info);
  write_list(w, supported_groups, hello.supported_groups);
  write_vector(w, ec_point_formats, 1, hello.ec_point_formats);
  write_opaque(w, session_ticket, hello.session_ticket);
  write_list(w, application_layer_protocol_negotiation, hello.alpn);
  if (hello.status_request) write_extension(w, status_request, [&] { w.u8(kOcspStatus), w.u16(0), w.u16(0); });
  write_list(w, signature_algorithms, hello.signature_algorithms);
  write_list(w, signature_algorithms_cert, hello.signature_algorithms_cert);
  write_flag(w, signed_certificate_timestamp, hello.signed_certificate_timestamp);
  write_list(w, key_share, hello.key_share);
  write_vector(w, psk_key_exchange_modes, 1, hello.psk_key_exchange_modes);
  write_list(w, supported_versions, hello.supported_versions, 1);
  write_vector(w, cookie, 2, hello.cookie);
  write_list(w, certificate_authorities, hello.certificate_authorities);
  write_u16(w, record_size_limit, hello.record_size_limit);
  if (hello.ticket_request)
    write_extension(w, ticket_request, [&] {
      w.u8(hello.ticket_request->new_session_count), w.u8(hello.ticket_request->resumption_count);
    });
  write_flag(w, post_handshake_auth, hello.post_handshake_auth);
  write_flag(w, early_data, hello.early_data);
  if (hello.padding)
    write_extension(w, padding, [&] { w.buffer().insert(w.buffer().end(), *hello.padding, std::uint8_t{0}); });
  // RFC 9846 §4.3: MUST be the last extension.
  if (hello.pre_shared_key) write_offered_psks(w, *hello.pre_shared_key);
}

}  // namespace

std::size_t OfferedPsks::considered() const noexcept { return std::min(identities.size(), limits::kMaxPskIdentities); }

Result<ClientHello> ClientHello::parse(Bytes body) {
  Reader r(body);
  ClientHello hello;
  hello.legacy_version = static_cast<ProtocolVersion>(r.u16());
  std::ranges::copy(r.take(kRandomSize), hello.random.begin());
  hello.legacy_session_id = r.vector8(0, kMaxSessionId);
  const Bytes suites = r.vector16(2, 0xFFFE);
  hello.legacy_compression_methods = r.vector8(1);
  if (!r.ok()) return fail(Code::decode_error, "the ClientHello is malformed before its extensions");
  if (suites.size() % 2 != 0) return fail(Code::decode_error, "cipher_suites has an odd number of bytes");
  hello.cipher_suites = CipherSuiteList(suites);
  // RFC 9846 §4.2.2: either no data follows or a valid extensions block with no data following.
  if (r.empty()) return hello;
  const Bytes block = r.vector16();
  if (!r.done()) return fail(Code::decode_error, "the extensions block of the ClientHello does not end with it");
  if (auto ok = read_extensions(hello, block); !ok) return std::unexpected(std::move(ok.error()));
  return hello;
}

void ClientHello::encode(Writer& w) const {
  w.u16(static_cast<std::uint16_t>(legacy_version));
  w.bytes(random);
  w.vector8(legacy_session_id);
  w.vector16(cipher_suites.bytes());
  w.vector8(legacy_compression_methods);
  const std::size_t before = w.size();
  w.prefixed(2, [&] { write_extensions(w, *this); });
  if (w.size() == before + 2) w.buffer().resize(before);
}

ExtensionSet ClientHello::offered() const noexcept {
  ExtensionSet set;
  const auto add = [&](ExtensionType type, bool present) {
    if (present) set.insert(type);
  };
  add(ExtensionType::server_name, server_name.has_value());
  add(ExtensionType::status_request, status_request);
  add(ExtensionType::supported_groups, supported_groups.has_value());
  add(ExtensionType::ec_point_formats, ec_point_formats.has_value());
  add(ExtensionType::signature_algorithms, signature_algorithms.has_value());
  add(ExtensionType::signature_algorithms_cert, signature_algorithms_cert.has_value());
  add(ExtensionType::application_layer_protocol_negotiation, alpn.has_value());
  add(ExtensionType::signed_certificate_timestamp, signed_certificate_timestamp);
  add(ExtensionType::padding, padding.has_value());
  add(ExtensionType::extended_main_secret, extended_main_secret);
  add(ExtensionType::record_size_limit, record_size_limit.has_value());
  add(ExtensionType::session_ticket, session_ticket.has_value());
  add(ExtensionType::pre_shared_key, pre_shared_key.has_value());
  add(ExtensionType::early_data, early_data);
  add(ExtensionType::supported_versions, supported_versions.has_value());
  add(ExtensionType::cookie, cookie.has_value());
  add(ExtensionType::psk_key_exchange_modes, psk_key_exchange_modes.has_value());
  add(ExtensionType::certificate_authorities, certificate_authorities.has_value());
  add(ExtensionType::post_handshake_auth, post_handshake_auth);
  add(ExtensionType::key_share, key_share.has_value());
  add(ExtensionType::ticket_request, ticket_request.has_value());
  add(ExtensionType::renegotiation_info,
      renegotiation_info.has_value() || cipher_suites.contains(kEmptyRenegotiationInfoScsv));
  return set;
}

bool ClientHello::offers(PskKeyExchangeMode mode) const noexcept {
  return psk_key_exchange_modes &&
         std::ranges::find(*psk_key_exchange_modes, static_cast<std::uint8_t>(mode)) != psk_key_exchange_modes->end();
}

std::size_t ClientHello::binders_size() const noexcept {
  return pre_shared_key ? 2 + pre_shared_key->binders.bytes().size() : 0;
}

}  // namespace tls::wire
