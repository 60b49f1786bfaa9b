// Finished of both versions (RFC 9846 §4.5.3, RFC 5246 §7.4.9).
#pragma once

#include "tls/error.h"
#include "wire/types.h"
#include "wire/views.h"

namespace tls::wire {

struct Finished {
  static constexpr HandshakeType kType = HandshakeType::finished;

  Bytes verify_data;  ///< it authenticates, so compare it in constant time

  /// `size` is the required size of verify_data: Hash.length in TLS 1.3, 12 in TLS 1.2. Fails with decode_error for any
  /// other length.
  static Result<Finished> parse(Bytes body, std::size_t size);
  void encode(Writer& w) const;
};

}  // namespace tls::wire
