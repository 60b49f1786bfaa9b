#include "wire/extension.h"

#include "wire/seen_numbers.h"
#include "wire/types.h"

namespace tls::wire {
namespace {

/// RFC 9846 §4.3: messages whose extensions answer somebody's offer.
bool answers_an_offer(Place place) noexcept {
  switch (place) {
    case Place::server_hello:
    case Place::server_hello12:
    case Place::hello_retry_request:
    case Place::encrypted_extensions:
    case Place::certificate:
      return true;
    case Place::client_hello:
    case Place::certificate_request:
    case Place::new_session_ticket:
      return false;
  }
  return false;
}

Result<void> check_place(ExtensionType type, Place place, ExtensionSet offered) {
  const ExtensionFacts* facts = find_extension(type);
  // RFC 5246 §7.4.1.4: what a ServerHello of TLS 1.2 holds and nobody offered, known or not, MUST be
  // unsupported_extension.
  if (place == Place::server_hello12 && !offered.contains(type))
    return fail(Code::unsolicited_extension, name(type) + " in " + std::string(name(place)));
  // RFC 9846 §4.3: one that is recognised and not specified for its message MUST be illegal_parameter.
  if (facts && !facts->allowed_in(place))
    return fail(Code::extension_not_allowed, name(type) + " in " + std::string(name(place)));
  if (!answers_an_offer(place) || offered.contains(type)) return {};
  // RFC 9846 §4.3.2: the cookie is the one answer that nobody asked for.
  if (type == ExtensionType::cookie && place == Place::hello_retry_request) return {};
  return fail(Code::unsolicited_extension, name(type) + " in " + std::string(name(place)));
}

}  // namespace

std::string_view name(Place place) noexcept {
  switch (place) {
    case Place::client_hello:
      return "ClientHello";
    case Place::server_hello:
      return "ServerHello";
    case Place::hello_retry_request:
      return "HelloRetryRequest";
    case Place::encrypted_extensions:
      return "EncryptedExtensions";
    case Place::certificate:
      return "Certificate";
    case Place::certificate_request:
      return "CertificateRequest";
    case Place::new_session_ticket:
      return "NewSessionTicket";
    case Place::server_hello12:
      return "ServerHello of TLS 1.2";
  }
  return "unknown message";
}

namespace {

/// Of types that mean nothing to us: what a peer sends is called by its name.
struct OtherName {
  std::uint16_t type;
  std::string_view name;
};
constexpr OtherName kOtherNames[] = {
    {2, "client_certificate_url"},
    {3, "trusted_ca_keys"},
    {4, "truncated_hmac"},
    {6, "user_mapping"},
    {7, "client_authz"},
    {8, "server_authz"},
    {9, "cert_type"},
    {12, "srp"},
    {17, "status_request_v2"},
    {24, "token_binding"},
    {25, "cached_info"},
    {26, "tls_lts"},
    {29, "pwd_protect"},
    {30, "pwd_clear"},
    {31, "password_salt"},
    {32, "ticket_pinning"},
    {33, "tls_cert_with_extern_psk"},
    {36, "TLMSP"},
    {37, "TLMSP_proxying"},
    {38, "TLMSP_delegate"},
    {39, "supported_ekt_ciphers"},
    {53, "connection_id (deprecated)"},
    {54, "connection_id"},
    {55, "external_id_hash"},
    {56, "external_session_id"},
    {59, "dnssec_chain"},
    {60, "sequence_number_encryption_algorithms"},
    {61, "rrc"},
    {62, "tls_flags"},
    {13172, "next_protocol_negotiation"},
    {17513, "application_settings (draft)"},
    {17613, "application_settings"},
    {30032, "channel_id"},
};

}  // namespace

std::string name(ExtensionType type) {
  if (const ExtensionFacts* facts = find_extension(type)) return std::string(facts->name);
  const auto value = static_cast<std::uint16_t>(type);
  for (const OtherName& row : kOtherNames)
    if (row.type == value) return std::string(row.name);
  std::string number;
  for (int shift = 12; shift >= 0; shift -= 4) number += "0123456789ABCDEF"[value >> shift & 15];
  return (is_grease(value) ? "GREASE 0x" : "extension 0x") + number;
}

Extension Extension::read(Reader& r) noexcept {
  const auto type = static_cast<ExtensionType>(r.u16());
  return {type, r.vector16()};
}
void Extension::write(Writer& w) const {
  w.u16(static_cast<std::uint16_t>(extension_type));
  w.vector16(extension_data);
}

Result<ExtensionList> check_extensions(Bytes block, Place place, ExtensionSet offered) {
  const auto list = ExtensionList::parse(block);
  if (!list)
    return fail(Code::decode_error, "the extensions of " + std::string(name(place)) + " do not fit their block");
  SeenNumbers seen;
  for (const Extension& e : *list) {
    // RFC 9846 §4.3: there MUST NOT be more than one extension of the same type in a block.
    if (!seen.insert(static_cast<std::uint16_t>(e.extension_type)))
      return fail(Code::duplicate_extension, name(e.extension_type) + " in " + std::string(name(place)));
    if (auto ok = check_place(e.extension_type, place, offered); !ok) return std::unexpected(std::move(ok.error()));
  }
  return *list;
}

}  // namespace tls::wire
