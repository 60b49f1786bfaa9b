// EncryptedExtensions (RFC 9846 §4.4.1).
#pragma once

#include <optional>

#include "wire/entries.h"
#include "wire/extension.h"

namespace tls::wire {

struct EncryptedExtensions {
  static constexpr HandshakeType kType = HandshakeType::encrypted_extensions;

  bool server_name = false;                        ///< the server used the name
  std::optional<NamedGroupList> supported_groups;  ///< the groups that the server prefers
  std::optional<Opaque> alpn;                      ///< the single ProtocolName
  std::optional<std::uint16_t> record_size_limit;  ///< 64 or more
  bool early_data = false;                         ///< the server accepted it
  std::optional<std::uint8_t> ticket_request;      ///< expected_count (RFC 9149 §3)

  /// `offered` is the set of extensions of the ClientHello. Fails with decode_error, bad_extension,
  /// duplicate_extension, extension_not_allowed, unsolicited_extension or bad_record_size_limit.
  static Result<EncryptedExtensions> parse(Bytes body, ExtensionSet offered);
  void encode(Writer& w) const;
  friend bool operator==(const EncryptedExtensions&, const EncryptedExtensions&) = default;
};

}  // namespace tls::wire
