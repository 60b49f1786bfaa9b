#include "cli/check/old_hello.h"

#include <algorithm>
#include <array>

#include "base/reader.h"
#include "base/writer.h"

namespace sallyport::cli::check {
namespace {

using tls::Writer;

// IANA's numbers: with CBC and ephemeral keys first, for what is asked here is the version.
constexpr std::uint16_t kOldSuites[] = {0xC009, 0xC00A, 0xC013, 0xC014, 0x0033, 0x0039, 0x002F, 0x0035, 0x000A, 0x0005};
constexpr std::uint16_t kRsaSuites[] = {0x009C, 0x009D, 0x002F, 0x0035, 0x003C, 0x003D};
constexpr std::uint16_t kBrokenSuites[] = {0xC012, 0xC008, 0x0016, 0x000A, 0xC011, 0xC007, 0x0005, 0x0004};
// RFC 9325 §4.1: NULL, then anonymous, then export, then DES.
constexpr std::uint16_t kUnprotectedSuites[] = {0xC010, 0xC006, 0x003B, 0x0002, 0x0001, 0xC015, 0x006D, 0x006C, 0x00A6,
                                                0x00A7, 0x003A, 0x0034, 0xC019, 0xC018, 0xC017, 0xC016, 0x001B, 0x0018,
                                                0x0003, 0x0006, 0x0008, 0x0014, 0x0011, 0x0017, 0x0009, 0x0015};
constexpr std::uint16_t kRenegotiationScsv = 0x00FF;  // RFC 5746 §3.3

std::span<const std::uint16_t> suites_of(OldOffer offer) {
  if (offer == OldOffer::no_forward_secrecy) return kRsaSuites;
  if (offer == OldOffer::broken_cipher) return kBrokenSuites;
  if (offer == OldOffer::no_protection) return kUnprotectedSuites;
  return kOldSuites;
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

}  // namespace

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
  if (answer.empty()) return out;
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
