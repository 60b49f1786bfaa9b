#include "wire/finished.h"

namespace tls::wire {

Result<Finished> Finished::parse(Bytes body, std::size_t size) {
  if (body.size() != size)
    return fail(Code::decode_error, "verify_data of Finished has " + std::to_string(body.size()) +
                                        " bytes instead of " + std::to_string(size));
  return Finished{body};
}

void Finished::encode(Writer& w) const { w.bytes(verify_data); }

}  // namespace tls::wire
