// Messages with an empty body: EndOfEarlyData (RFC 9846 §4.6), HelloRequest and ServerHelloDone (RFC 5246 §7.4.1.1,
// §7.4.5).
#pragma once

#include "tls/error.h"
#include "wire/types.h"
#include "wire/views.h"

namespace tls::wire {

/// Fails with decode_error unless `body` is empty.
[[nodiscard]] Result<void> parse_empty(HandshakeType type, Bytes body);

template <HandshakeType Type>
struct EmptyMessage {
  static constexpr HandshakeType kType = Type;

  /// Fails with decode_error.
  static Result<EmptyMessage> parse(Bytes body) {
    if (auto empty = parse_empty(Type, body); !empty) return std::unexpected(std::move(empty.error()));
    return EmptyMessage{};
  }
  void encode(Writer&) const {}
  friend bool operator==(const EmptyMessage&, const EmptyMessage&) = default;
};

using EndOfEarlyData = EmptyMessage<HandshakeType::end_of_early_data>;
using HelloRequest = EmptyMessage<HandshakeType::hello_request>;
using ServerHelloDone = EmptyMessage<HandshakeType::server_hello_done>;

}  // namespace tls::wire
