#include "wire/encrypted_extensions.h"

#include "wire/extension_body.h"

namespace tls::wire {
namespace {

Result<void> read_extension(EncryptedExtensions& message, const Extension& e) {
  using enum ExtensionType;
  switch (e.extension_type) {
    case server_name:
      return store(message.server_name, read_flag(e));
    case supported_groups:
      return store(message.supported_groups, read_u16_list<NamedGroup>(e));
    case application_layer_protocol_negotiation:
      return store(message.alpn, read_selected_protocol(e));
    case record_size_limit:
      return store(message.record_size_limit, read_record_size_limit(e));
    case early_data:
      return store(message.early_data, read_flag(e));
    case ticket_request:
      return store(message.ticket_request, read_u8(e));
    default:
      return {};
  }
}

}  // namespace

Result<EncryptedExtensions> EncryptedExtensions::parse(Bytes body, ExtensionSet offered) {
  Reader r(body);
  const Bytes block = r.vector16();
  if (!r.done()) return fail(Code::decode_error, "the extensions block is not the whole of EncryptedExtensions");
  const auto list = check_extensions(block, Place::encrypted_extensions, offered);
  if (!list) return std::unexpected(list.error());
  EncryptedExtensions message;
  for (const Extension& e : *list)
    if (auto ok = read_extension(message, e); !ok) return std::unexpected(std::move(ok.error()));
  return message;
}

void EncryptedExtensions::encode(Writer& w) const {
  w.prefixed(2, [&] {
    write_flag(w, ExtensionType::server_name, server_name);
    write_list(w, ExtensionType::supported_groups, supported_groups);
    write_selected_protocol(w, alpn);
    write_u16(w, ExtensionType::record_size_limit, record_size_limit);
    write_flag(w, ExtensionType::early_data, early_data);
    if (ticket_request) write_extension(w, ExtensionType::ticket_request, [&] { w.u8(*ticket_request); });
  });
}

}  // namespace tls::wire
