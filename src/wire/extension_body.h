// Reads and writes the bodies of extensions. Nearly all of them have one of a few shapes. An error says what is wrong
// with the body. RFC 9846 §4.3: bytes left over after the structure are a decode_error.
#pragma once

#include "wire/entries.h"
#include "wire/extension.h"

namespace tls::wire {

/// Returns the error bad_extension with the words "NAME: why".
[[nodiscard]] std::unexpected<Error> bad_extension(ExtensionType type, std::string_view why);
/// Returns the error illegal_parameter with the words "NAME: why".
[[nodiscard]] std::unexpected<Error> illegal_extension(ExtensionType type, std::string_view why);

/// Reads an empty body.
[[nodiscard]] Result<bool> read_flag(const Extension& e);
/// Reads a body that is one number.
[[nodiscard]] Result<std::uint8_t> read_u8(const Extension& e);
[[nodiscard]] Result<std::uint16_t> read_u16(const Extension& e);
[[nodiscard]] Result<std::uint32_t> read_u32(const Extension& e);
template <class Enum>
[[nodiscard]] Result<Enum> read_u16_as(const Extension& e) {
  auto value = read_u16(e);
  if (!value) return std::unexpected(std::move(value.error()));
  return static_cast<Enum>(*value);
}
/// Reads a body that is one vector of at least `min` bytes after a length prefix of `width` bytes. Returns the
/// contents.
[[nodiscard]] Result<Opaque> read_vector(const Extension& e, unsigned width, std::size_t min);

/// Reads a body that is a list of one or more 16-bit numbers.
template <class T>
[[nodiscard]] Result<U16List<T>> read_u16_list(const Extension& e, unsigned width = 2) {
  auto bytes = read_vector(e, width, 2);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  if (bytes->size() % 2 != 0) return bad_extension(e.extension_type, "the list has an odd number of bytes");
  return U16List<T>(*bytes);
}

/// Reads a body that is a list of structures. The list may be empty if `min` is 0.
template <class Entry>
[[nodiscard]] Result<EntryList<Entry>> read_list(const Extension& e, std::size_t min = 1) {
  auto bytes = read_vector(e, 2, min);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  auto list = EntryList<Entry>::parse(*bytes);
  if (!list) return bad_extension(e.extension_type, "an entry of the list is malformed");
  return *list;
}

/// Reads the single ProtocolName of an answer (RFC 7301 §3.1).
[[nodiscard]] Result<Opaque> read_selected_protocol(const Extension& e);
/// Reads a RecordSizeLimit of 64 or more (RFC 8449 §4).
[[nodiscard]] Result<std::uint16_t> read_record_size_limit(const Extension& e);
/// Reads a CertificateStatus (RFC 6066 §8) and returns the OCSP response.
[[nodiscard]] Result<Opaque> read_ocsp_response(const Extension& e);
/// Returns the whole SignedCertificateTimestampList (RFC 6962 §3.3), with its length prefix.
[[nodiscard]] Result<Opaque> read_sct_list(const Extension& e);
/// Reads a cookie of 1 to limits::kMaxCookie bytes (RFC 9846 §4.3.2).
[[nodiscard]] Result<Opaque> read_cookie(const Extension& e);

/// Stores a value that was read in a member, or returns its error.
template <class Member, class T>
[[nodiscard]] Result<void> store(Member& member, Result<T> value) {
  if (!value) return std::unexpected(std::move(value.error()));
  member = *value;
  return {};
}

/// Writes one extension: its type, its length, then the bytes that `write_body()` writes.
template <class WriteBody>
void write_extension(Writer& w, ExtensionType type, WriteBody&& write_body) {
  w.u16(static_cast<std::uint16_t>(type));
  w.prefixed(2, write_body);
}
void write_flag(Writer& w, ExtensionType type, bool present);
/// Precondition: T is std::uint16_t or an enum of that size.
template <class T>
void write_u16(Writer& w, ExtensionType type, std::optional<T> value) {
  if (value) write_extension(w, type, [&] { w.u16(static_cast<std::uint16_t>(*value)); });
}
/// Writes `bytes` after a length prefix of `width` bytes.
void write_vector(Writer& w, ExtensionType type, unsigned width, std::optional<Opaque> bytes);
/// Writes `bytes` without a prefix.
void write_opaque(Writer& w, ExtensionType type, std::optional<Opaque> bytes);
void write_selected_protocol(Writer& w, std::optional<Opaque> name);

template <class List>
void write_list(Writer& w, ExtensionType type, const std::optional<List>& list, unsigned width = 2) {
  if (list) write_vector(w, type, width, list->bytes());
}

}  // namespace tls::wire
