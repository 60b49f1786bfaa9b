// The audit line of a key server.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>

#include "key_protocol.h"
#include "tls/environment.h"

namespace tls::keys {

/// "TIME uid=N pid=N key=NAME role=ROLE version=V scheme=NAME hash=HEX verdict=VERDICT", without what is not known:
/// `request` may be null, `content`, what is signed, may be empty.
[[nodiscard]] std::string audit_line(Clock::Milliseconds wall, const ucred& who, const Sign* request, Bytes content,
                                     std::string_view verdict);

}  // namespace tls::keys
