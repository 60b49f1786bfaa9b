#include "wire/server_hello.h"

#include "wire/extension_body.h"
#include "wire/hello_retry_request.h"
#include "wire/server_hello_prefix.h"

namespace tls::wire {
namespace {

using enum ExtensionType;

Result<KeyShareEntry> read_server_share(const Extension& e) {
  Reader r(e.extension_data);
  const KeyShareEntry share = KeyShareEntry::read(r);
  if (!r.done()) return bad_extension(e.extension_type, "the KeyShareEntry is malformed");
  return share;
}

Result<void> read_extension(ServerHello& hello, const Extension& e) {
  switch (e.extension_type) {
    case supported_versions:
      return store(hello.supported_versions, read_u16_as<ProtocolVersion>(e));
    case key_share:
      return store(hello.key_share, read_server_share(e));
    case pre_shared_key:
      return store(hello.pre_shared_key, read_u16(e));
    case server_name:
      return store(hello.server_name, read_flag(e));
    case status_request:
      return store(hello.status_request, read_flag(e));
    case ec_point_formats:
      return store(hello.ec_point_formats, read_vector(e, 1, 1));
    case application_layer_protocol_negotiation:
      return store(hello.alpn, read_selected_protocol(e));
    case signed_certificate_timestamp:
      return store(hello.signed_certificate_timestamp, read_sct_list(e));
    case extended_main_secret:
      return store(hello.extended_main_secret, read_flag(e));
    case record_size_limit:
      return store(hello.record_size_limit, read_record_size_limit(e));
    case session_ticket:
      return store(hello.session_ticket, read_flag(e));
    case renegotiation_info:
      return store(hello.renegotiation_info, read_vector(e, 1, 0));
    default:
      return {};  // offered, recognised, and of no use to us
  }
}

/// RFC 9846 §4.3.1: clients MUST check for supported_versions prior to processing the rest.
Place place_of(Bytes block) noexcept {
  for (Reader r(block); !r.empty();)
    if (Extension::read(r).extension_type == supported_versions && r.ok()) return Place::server_hello;
  return Place::server_hello12;
}

void write_extensions(Writer& w, const ServerHello& hello) {
  write_u16(w, supported_versions, hello.supported_versions);
  if (hello.key_share) write_extension(w, key_share, [&] { hello.key_share->write(w); });
  write_u16(w, pre_shared_key, hello.pre_shared_key);
  write_flag(w, server_name, hello.server_name);
  write_flag(w, extended_main_secret, hello.extended_main_secret);
  write_vector(w, renegotiation_info, 1, hello.renegotiation_info);
  write_vector(w, ec_point_formats, 1, hello.ec_point_formats);
  write_flag(w, session_ticket, hello.session_ticket);
  write_selected_protocol(w, hello.alpn);
  write_flag(w, status_request, hello.status_request);
  write_opaque(w, signed_certificate_timestamp, hello.signed_certificate_timestamp);
  write_u16(w, record_size_limit, hello.record_size_limit);
}

}  // namespace

ServerHelloKind server_hello_kind(Bytes body) noexcept {
  Reader r(body);
  (void)r.u16();
  // RFC 9846 §4.2.3: implementations MUST first examine the Random value.
  return std::ranges::equal(r.take(kRandomSize), kHelloRetryRequestRandom) ? ServerHelloKind::hello_retry_request
                                                                           : ServerHelloKind::server_hello;
}

bool is_downgrade_marked(const HelloRandom& random) noexcept {
  const Bytes end = Bytes(random).last(kDowngradeToTls12.size());
  return std::ranges::equal(end, kDowngradeToTls12) || std::ranges::equal(end, kDowngradeToTls11);
}

void mark_downgrade_to_tls12(HelloRandom& random) noexcept {
  std::ranges::copy(kDowngradeToTls12, random.end() - kDowngradeToTls12.size());
}

Result<ServerHello> ServerHello::parse(Bytes body, ExtensionSet offered) {
  const auto prefix = ServerHelloPrefix::parse(body);
  if (!prefix) return std::unexpected(prefix.error());
  const auto list = check_extensions(prefix->extensions, place_of(prefix->extensions), offered);
  if (!list) return std::unexpected(list.error());
  ServerHello hello;
  hello.legacy_version = prefix->legacy_version;
  hello.random = prefix->random;
  hello.legacy_session_id_echo = prefix->legacy_session_id_echo;
  hello.cipher_suite = prefix->cipher_suite;
  for (const Extension& e : *list)
    if (auto ok = read_extension(hello, e); !ok) return std::unexpected(std::move(ok.error()));
  return hello;
}

void ServerHello::encode(Writer& w) const {
  ServerHelloPrefix{legacy_version, random, legacy_session_id_echo, cipher_suite, {}}.encode(w);
  const std::size_t before = w.size();
  w.prefixed(2, [&] { write_extensions(w, *this); });
  if (w.size() == before + 2) w.buffer().resize(before);
}

}  // namespace tls::wire
