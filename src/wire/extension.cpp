#include "wire/extension.h"

#include "wire/seen_numbers.h"

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

std::string name(ExtensionType type) {
  const ExtensionFacts* facts = find_extension(type);
  return facts ? std::string(facts->name) : "extension " + std::to_string(static_cast<std::uint16_t>(type));
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
