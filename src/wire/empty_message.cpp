#include "wire/empty_message.h"

namespace tls::wire {

Result<void> parse_empty(HandshakeType type, Bytes body) {
  if (!body.empty()) return fail(Code::decode_error, "the body of " + std::string(name(type)) + " should be empty");
  return {};
}

}  // namespace tls::wire
