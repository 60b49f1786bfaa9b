#include "wire/hello_retry_request.h"

#include "wire/extension_body.h"
#include "wire/server_hello_prefix.h"

namespace tls::wire {
namespace {

using enum ExtensionType;

Result<void> read_extension(HelloRetryRequest& retry, const Extension& e) {
  switch (e.extension_type) {
    case supported_versions:
      return store(retry.supported_versions, read_u16_as<ProtocolVersion>(e));
    case cookie:
      return store(retry.cookie, read_cookie(e));
    case key_share:
      return store(retry.key_share, read_u16_as<NamedGroup>(e));
    default:
      return {};
  }
}

}  // namespace

Result<HelloRetryRequest> HelloRetryRequest::parse(Bytes body, ExtensionSet offered) {
  const auto prefix = ServerHelloPrefix::parse(body);
  if (!prefix) return std::unexpected(prefix.error());
  const auto list = check_extensions(prefix->extensions, Place::hello_retry_request, offered);
  if (!list) return std::unexpected(list.error());
  HelloRetryRequest retry;
  retry.legacy_version = prefix->legacy_version;
  retry.legacy_session_id_echo = prefix->legacy_session_id_echo;
  retry.cipher_suite = prefix->cipher_suite;
  bool has_version = false;
  for (const Extension& e : *list) {
    has_version |= e.extension_type == ExtensionType::supported_versions;
    if (auto ok = read_extension(retry, e); !ok) return std::unexpected(std::move(ok.error()));
  }
  // RFC 9846 §4.2.4: the extensions MUST contain supported_versions.
  if (!has_version) return fail(Code::missing_extension, "supported_versions in HelloRetryRequest");
  return retry;
}

void HelloRetryRequest::encode(Writer& w) const {
  ServerHelloPrefix{legacy_version, kHelloRetryRequestRandom, legacy_session_id_echo, cipher_suite, {}}.encode(w);
  w.prefixed(2, [&] {
    write_u16(w, ExtensionType::supported_versions, std::optional(supported_versions));
    write_vector(w, ExtensionType::cookie, 2, cookie);
    write_u16(w, ExtensionType::key_share, key_share);
  });
}

}  // namespace tls::wire
