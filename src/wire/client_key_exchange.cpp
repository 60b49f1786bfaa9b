#include "wire/client_key_exchange.h"

namespace tls::wire {

Result<ClientKeyExchange> ClientKeyExchange::parse(Bytes body) {
  Reader r(body);
  const Bytes point = r.vector8(1);
  if (!r.done()) return fail(Code::decode_error, "the ClientKeyExchange is malformed");
  return ClientKeyExchange{point};
}

void ClientKeyExchange::encode(Writer& w) const { w.vector8(ecdh_Yc); }

}  // namespace tls::wire
