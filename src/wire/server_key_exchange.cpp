#include "wire/server_key_exchange.h"

namespace tls::wire {
namespace {

constexpr std::uint8_t kNamedCurve = 3;  // ECCurveType (RFC 8422 §5.4)

}  // namespace

Result<ServerKeyExchange> ServerKeyExchange::parse(Bytes body) {
  Reader r(body);
  const std::uint8_t curve_type = r.u8();
  // RFC 8422 §5.4: named_curve alone is left; the other types are deprecated and laid out in another way.
  if (r.ok() && curve_type != kNamedCurve)
    return fail(Code::illegal_parameter, "curve_type of ServerKeyExchange is " + std::to_string(curve_type));
  ServerKeyExchange message;
  message.namedcurve = static_cast<NamedGroup>(r.u16());
  message.point = r.vector8(1);
  message.algorithm = static_cast<SignatureScheme>(r.u16());
  message.signature = r.vector16();
  if (!r.done()) return fail(Code::decode_error, "the ServerKeyExchange is malformed");
  return message;
}

void ServerKeyExchange::encode_params(Writer& w) const {
  w.u8(kNamedCurve);
  w.u16(static_cast<std::uint16_t>(namedcurve));
  w.vector8(point);
}

void ServerKeyExchange::encode(Writer& w) const {
  encode_params(w);
  w.u16(static_cast<std::uint16_t>(algorithm));
  w.vector16(signature);
}

}  // namespace tls::wire
