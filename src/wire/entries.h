// Entries of the lists inside extensions (RFC 9846 §4.3; RFC 7301 §3.1).
#pragma once

#include "wire/types.h"
#include "wire/views.h"

namespace tls::wire {

/// KeyShareEntry (RFC 9846 §4.3.8).
struct KeyShareEntry {
  NamedGroup group{};
  Opaque key_exchange;  ///< 1 byte or more

  static KeyShareEntry read(Reader& r) noexcept;
  void write(Writer& w) const;
  friend bool operator==(const KeyShareEntry&, const KeyShareEntry&) = default;
};

/// PskIdentity (RFC 9846 §4.3.11).
struct PskIdentity {
  Opaque identity;  ///< 1 byte or more
  std::uint32_t obfuscated_ticket_age = 0;

  static PskIdentity read(Reader& r) noexcept;
  void write(Writer& w) const;
  friend bool operator==(const PskIdentity&, const PskIdentity&) = default;
};

/// PskBinderEntry (RFC 9846 §4.3.11). A binder authenticates, so compare it in constant time.
struct PskBinderEntry {
  Bytes binder;  ///< 32 to 255 bytes

  static PskBinderEntry read(Reader& r) noexcept;
  void write(Writer& w) const;
};

/// ProtocolName of ALPN (RFC 7301 §3.1).
struct ProtocolName {
  Opaque name;  ///< 1 to 255 bytes

  static ProtocolName read(Reader& r) noexcept;
  void write(Writer& w) const;
  friend bool operator==(const ProtocolName&, const ProtocolName&) = default;
};

/// DistinguishedName of a certificate authority (RFC 9846 §4.3.4).
struct DistinguishedName {
  Opaque name;  ///< DER, 1 byte or more

  static DistinguishedName read(Reader& r) noexcept;
  void write(Writer& w) const;
  friend bool operator==(const DistinguishedName&, const DistinguishedName&) = default;
};

using CipherSuiteList = U16List<CipherSuite>;
using NamedGroupList = U16List<NamedGroup>;
using SignatureSchemeList = U16List<SignatureScheme>;
using ProtocolVersionList = U16List<ProtocolVersion>;
using KeyShareList = EntryList<KeyShareEntry>;
using PskIdentityList = EntryList<PskIdentity>;
using PskBinderList = EntryList<PskBinderEntry>;
using ProtocolNameList = EntryList<ProtocolName>;
using DistinguishedNameList = EntryList<DistinguishedName>;

}  // namespace tls::wire
