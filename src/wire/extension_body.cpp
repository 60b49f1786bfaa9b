#include "wire/extension_body.h"

#include "base/limits.h"
#include "wire/certificate_status.h"

namespace tls::wire {
namespace {

template <class T>
Result<T> read_number(const Extension& e) {
  if (e.extension_data.size() != sizeof(T))
    return bad_extension(e.extension_type, "holds " + std::to_string(e.extension_data.size()) + " bytes instead of " +
                                               std::to_string(sizeof(T)));
  std::uint32_t value = 0;
  for (std::uint8_t b : e.extension_data) value = value << 8 | b;
  return static_cast<T>(value);
}

/// SerializedSCT (RFC 6962 §3.3).
struct SerializedSct {
  static SerializedSct read(Reader& r) noexcept {
    (void)r.vector16(1);
    return {};
  }
};

}  // namespace

std::unexpected<Error> bad_extension(ExtensionType type, std::string_view why) {
  return fail(Code::bad_extension, name(type) + ": " + std::string(why));
}
std::unexpected<Error> illegal_extension(ExtensionType type, std::string_view why) {
  return fail(Code::illegal_parameter, name(type) + ": " + std::string(why));
}

Result<bool> read_flag(const Extension& e) {
  if (!e.extension_data.empty()) return bad_extension(e.extension_type, "should be empty");
  return true;
}
Result<std::uint8_t> read_u8(const Extension& e) { return read_number<std::uint8_t>(e); }
Result<std::uint16_t> read_u16(const Extension& e) { return read_number<std::uint16_t>(e); }
Result<std::uint32_t> read_u32(const Extension& e) { return read_number<std::uint32_t>(e); }

Result<Opaque> read_vector(const Extension& e, unsigned width, std::size_t min) {
  Reader r(e.extension_data);
  const Bytes bytes = width == 1 ? r.vector8() : r.vector16();
  if (!r.ok()) return bad_extension(e.extension_type, "is shorter than its length says");
  if (!r.empty()) return bad_extension(e.extension_type, std::to_string(r.remaining()) + " bytes are left over");
  if (bytes.empty() && min > 0) return bad_extension(e.extension_type, "should not be empty");
  if (bytes.size() < min)
    return bad_extension(e.extension_type, "should hold " + std::to_string(min) + " bytes or more");
  return bytes;
}

Result<Opaque> read_selected_protocol(const Extension& e) {
  auto list = read_list<ProtocolName>(e);
  if (!list) return std::unexpected(std::move(list.error()));
  // RFC 7301 §3.1: an answer MUST contain exactly one ProtocolName.
  if (list->size() != 1) return bad_extension(e.extension_type, "an answer should hold one protocol");
  return (*list->begin()).name;
}

Result<std::uint16_t> read_record_size_limit(const Extension& e) {
  auto limit = read_u16(e);
  // RFC 8449 §4: below 64 MUST be illegal_parameter.
  if (limit && *limit < limits::kMinRecordSizeLimit)
    return fail(Code::bad_record_size_limit, "the limit is " + std::to_string(*limit) + " bytes");
  return limit;
}

Result<Opaque> read_ocsp_response(const Extension& e) {
  const auto status = CertificateStatus::parse(e.extension_data);
  if (!status) return bad_extension(e.extension_type, status.error().detail());
  return status->response;
}

Result<Opaque> read_sct_list(const Extension& e) {
  if (auto list = read_list<SerializedSct>(e); !list) return std::unexpected(std::move(list.error()));
  return e.extension_data;
}

Result<Opaque> read_cookie(const Extension& e) {
  auto cookie = read_vector(e, 2, 1);
  if (cookie && cookie->size() > limits::kMaxCookie)
    return bad_extension(e.extension_type, std::to_string(cookie->size()) + " bytes, at most " +
                                               std::to_string(limits::kMaxCookie) + " are accepted");
  return cookie;
}

void write_flag(Writer& w, ExtensionType type, bool present) {
  if (present) write_extension(w, type, [] {});
}
void write_vector(Writer& w, ExtensionType type, unsigned width, std::optional<Opaque> bytes) {
  if (bytes) write_extension(w, type, [&] { w.prefixed(width, [&] { w.bytes(*bytes); }); });
}
void write_opaque(Writer& w, ExtensionType type, std::optional<Opaque> bytes) {
  if (bytes) write_extension(w, type, [&] { w.bytes(*bytes); });
}
void write_selected_protocol(Writer& w, std::optional<Opaque> name) {
  if (!name) return;
  write_extension(w, ExtensionType::application_layer_protocol_negotiation,
                  [&] { w.prefixed(2, [&] { w.vector8(*name); }); });
}

}  // namespace tls::wire
