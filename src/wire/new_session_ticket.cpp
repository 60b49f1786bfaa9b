#include "wire/new_session_ticket.h"

#include "wire/extension_body.h"

namespace tls::wire {

Result<NewSessionTicket> NewSessionTicket::parse(Bytes body) {
  Reader r(body);
  NewSessionTicket message;
  message.ticket_lifetime = r.u32();
  message.ticket_age_add = r.u32();
  message.ticket_nonce = r.vector8();
  message.ticket = r.vector16(1);
  const Bytes block = r.vector16();
  if (!r.done()) return fail(Code::decode_error, "the NewSessionTicket is malformed");
  const auto list = check_extensions(block, Place::new_session_ticket);
  if (!list) return std::unexpected(list.error());
  for (const Extension& e : *list) {
    // RFC 9846 §4.7.1: clients MUST ignore unrecognized extensions.
    if (e.extension_type != ExtensionType::early_data) continue;
    if (auto ok = store(message.early_data, read_u32(e)); !ok) return std::unexpected(std::move(ok.error()));
  }
  return message;
}

void NewSessionTicket::encode(Writer& w) const {
  w.u32(ticket_lifetime);
  w.u32(ticket_age_add);
  w.vector8(ticket_nonce);
  w.vector16(ticket);
  w.prefixed(2, [&] {
    if (early_data) write_extension(w, ExtensionType::early_data, [&] { w.u32(*early_data); });
  });
}

}  // namespace tls::wire
