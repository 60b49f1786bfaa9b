#include "cli/check/old_hello.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>

#include "base/reader.h"
#include "base/writer.h"
#include "tls/info.h"

namespace sallyport::cli::check {
namespace {

using tls::Writer;

constexpr std::uint16_t kRenegotiationScsv = 0x00FF;  // RFC 5746 §3.3

bool starts_with_any(std::string_view name, std::initializer_list<std::string_view> beginnings) {
  return std::ranges::any_of(beginnings, [&](std::string_view one) { return name.starts_with(one); });
}

/// The kind of a suite of TLS 1.2 by its name, which says all that decides; none: nothing is to be said against it, or
/// nobody but who shares a secret can use it.
std::optional<OldOffer> kind_of_suite(std::string_view name) {
  const auto has = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
  if (!starts_with_any(name, {"TLS_RSA_", "TLS_DH_", "TLS_DHE_", "TLS_ECDH_", "TLS_ECDHE_"}) || has("PSK"))
    return std::nullopt;
  if (has("_NULL_") || has("_RC4_") || has("EXPORT") || has("_DES_") || has("_RC2_") || has("_anon_"))
    return OldOffer::forbidden;
  if (has("_3DES_") || has("_IDEA_")) return OldOffer::broken_cipher;
  if (starts_with_any(name, {"TLS_RSA_", "TLS_DH_", "TLS_ECDH_"})) return OldOffer::no_forward_secrecy;
  if (name.starts_with("TLS_DHE_")) return OldOffer::finite_field;
  return has("_CBC_") || has("_CCM_8") ? std::optional(OldOffer::cbc) : std::nullopt;
}

/// Those of before TLS 1.2 have no hash but SHA-1 and MD5 (RFC 5246 Appendix A.5).
bool is_old(std::string_view name) { return name.ends_with("_SHA") || name.ends_with("_MD5"); }

std::map<OldOffer, std::vector<std::uint16_t>> sort_suites() {
  std::map<OldOffer, std::vector<std::uint16_t>> out;
  std::vector<std::uint16_t> old;
  for (std::uint32_t number = 0; number <= 0xFFFF; ++number) {
    const auto suite = static_cast<std::uint16_t>(number);
    const std::string name = tls::registered_name(static_cast<tls::CipherSuite>(suite));
    const auto kind = kind_of_suite(name);
    if (!kind) continue;
    out[*kind].push_back(suite);
    if (is_old(name)) old.push_back(suite);
  }
  // The last registered first: ECDHE and AES before what no server of today would take for the version's sake.
  std::ranges::reverse(old);
  out[OldOffer::tls10] = out[OldOffer::tls11] = std::move(old);
  return out;
}

std::uint16_t version_of(OldOffer offer) {
  if (offer == OldOffer::tls10) return 0x0301;
  return offer == OldOffer::tls11 ? 0x0302 : 0x0303;
}

void write_extension(Writer& out, std::uint16_t type, const auto& body) {
  out.u16(type);
  out.prefixed(2, body);
}

void write_list(Writer& out, std::initializer_list<std::uint16_t> values) {
  out.prefixed(2, [&] {
    for (const std::uint16_t value : values) out.u16(value);
  });
}

void write_extensions(Writer& out, OldOffer offer, std::string_view name) {
  if (!name.empty())
    write_extension(out, 0, [&] {  // server_name (RFC 6066 §3)
      out.prefixed(2, [&] {
        out.u8(0);
        out.vector16(tls::as_bytes(name));
      });
    });
  write_extension(out, 10, [&] { write_list(out, {29, 23, 24, 25}); });  // supported_groups
  write_extension(out, 11, [&] {                                         // ec_point_formats: uncompressed
    out.u8(1);
    out.u8(0);
  });
  if (version_of(offer) >= 0x0303)  // signature_algorithms, SHA-1 among them
    write_extension(out, 13,
                    [&] { write_list(out, {0x0403, 0x0503, 0x0804, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201}); });
}

/// At most kMostWarnings of them; what is behind.
tls::Bytes without_warnings(tls::Bytes answer) {
  constexpr std::size_t kSize = 7;
  for (std::size_t n = 0; n < kMostWarnings && answer.size() >= kSize; ++n) {
    const bool alert = answer[0] == 21 && answer[3] == 0 && answer[4] == 2;
    if (!alert || answer[5] != 1) break;  // RFC 5246 §7.2: warning
    answer = answer.subspan(kSize);
  }
  return answer;
}

}  // namespace

std::span<const std::uint16_t> suites_of(OldOffer offer) {
  static const auto kSorted = sort_suites();
  return kSorted.at(offer);
}

std::vector<std::uint8_t> old_hello(OldOffer offer, std::string_view name, tls::Random& random) {
  std::array<std::uint8_t, 32> client_random{};
  random.fill(client_random);
  std::vector<std::uint8_t> bytes;
  Writer out(bytes);
  out.u8(22);       // handshake
  out.u16(0x0301);  // RFC 5246 Appendix E.1
  out.prefixed(2, [&] {
    out.u8(1);  // client_hello
    out.prefixed(3, [&] {
      out.u16(version_of(offer));
      out.bytes(client_random);
      out.u8(0);  // no session
      out.prefixed(2, [&] {
        for (const std::uint16_t suite : suites_of(offer)) out.u16(suite);
        out.u16(kRenegotiationScsv);
      });
      out.u8(1);  // compression: null
      out.u8(0);
      out.prefixed(2, [&] { write_extensions(out, offer, name); });
    });
  });
  return bytes;
}

OldAnswer read_old_answer(tls::Bytes answer, OldOffer offer) {
  OldAnswer out;
  answer = without_warnings(answer);
  if (answer.empty() || (answer[0] == 21 && answer.size() < 7)) return out;
  out.complete = true;
  if (answer[0] != 22) return out;  // an alert, or no TLS
  constexpr std::size_t kToSession = 5 + 4 + 2 + 32 + 1;
  if (answer.size() >= 6 && answer[5] != 2) return out;  // no server_hello
  if (answer.size() < kToSession) {
    out.complete = false;
    return out;
  }
  const auto u16 = [&](std::size_t at) { return static_cast<std::uint16_t>(answer[at] << 8 | answer[at + 1]); };
  const std::size_t session = answer[kToSession - 1];
  if (session > 32 || u16(9) != version_of(offer)) return out;
  if (answer.size() < kToSession + session + 2) {
    out.complete = false;
    return out;
  }
  out.suite = u16(kToSession + session);
  const auto offered = suites_of(offer);
  out.accepted = std::ranges::find(offered, out.suite) != offered.end();
  return out;
}

}  // namespace sallyport::cli::check
