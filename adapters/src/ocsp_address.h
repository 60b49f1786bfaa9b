// Which addresses a responder may have.
#pragma once

#include <string>

namespace tls::ocsp {

/// Whether a sockaddr's bytes are an address that the whole Internet can mean (the registries of RFC 6890): not
/// loopback, private, link-local, shared (100.64.0.0/10), documentation, multicast, reserved or unspecified. An IPv6
/// address that carries an IPv4 one (mapped, NAT64, 6to4) is as public as that. No other family is.
[[nodiscard]] bool is_public(const std::string& address) noexcept;

}  // namespace tls::ocsp
