#include "wire/new_session_ticket12.h"

namespace tls::wire {

Result<NewSessionTicket12> NewSessionTicket12::parse(Bytes body) {
  Reader r(body);
  NewSessionTicket12 message;
  message.ticket_lifetime_hint = r.u32();
  message.ticket = r.vector16();
  if (!r.done()) return fail(Code::decode_error, "the NewSessionTicket is malformed");
  return message;
}

void NewSessionTicket12::encode(Writer& w) const {
  w.u32(ticket_lifetime_hint);
  w.vector16(ticket);
}

}  // namespace tls::wire
