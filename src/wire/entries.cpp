#include "wire/entries.h"

namespace tls::wire {

KeyShareEntry KeyShareEntry::read(Reader& r) noexcept {
  const auto group = static_cast<NamedGroup>(r.u16());
  return {group, r.vector16(1)};
}
void KeyShareEntry::write(Writer& w) const {
  w.u16(static_cast<std::uint16_t>(group));
  w.vector16(key_exchange);
}

PskIdentity PskIdentity::read(Reader& r) noexcept {
  const Bytes identity = r.vector16(1);
  return {identity, r.u32()};
}
void PskIdentity::write(Writer& w) const {
  w.vector16(identity);
  w.u32(obfuscated_ticket_age);
}

PskBinderEntry PskBinderEntry::read(Reader& r) noexcept { return {r.vector8(32)}; }
void PskBinderEntry::write(Writer& w) const { w.vector8(binder); }

ProtocolName ProtocolName::read(Reader& r) noexcept { return {r.vector8(1)}; }
void ProtocolName::write(Writer& w) const { w.vector8(name); }

DistinguishedName DistinguishedName::read(Reader& r) noexcept { return {r.vector16(1)}; }
void DistinguishedName::write(Writer& w) const { w.vector16(name); }

}  // namespace tls::wire
