#include "handshake/running.h"
#include "handshake/table.h"

namespace tls::handshake {

std::string_view name(On on) noexcept {
  switch (on) {
    case On::hello_request:
      return "hello_request";
    case On::client_hello:
      return "client_hello";
    case On::server_hello:
      return "server_hello";
    case On::new_session_ticket:
      return "new_session_ticket";
    case On::end_of_early_data:
      return "end_of_early_data";
    case On::encrypted_extensions:
      return "encrypted_extensions";
    case On::certificate:
      return "certificate";
    case On::server_key_exchange:
      return "server_key_exchange";
    case On::certificate_request:
      return "certificate_request";
    case On::server_hello_done:
      return "server_hello_done";
    case On::certificate_verify:
      return "certificate_verify";
    case On::client_key_exchange:
      return "client_key_exchange";
    case On::finished:
      return "finished";
    case On::certificate_status:
      return "certificate_status";
    case On::key_update:
      return "key_update";
    case On::hello_retry_request:
      return "hello_retry_request";
    case On::change_cipher_spec:
      return "change_cipher_spec";
    case On::credential_chosen:
      return "credential_chosen";
    case On::chain_verified:
      return "chain_verified";
    case On::signature_made:
      return "signature_made";
    case On::session_found:
      return "session_found";
    case On::ticket_opened:
      return "ticket_opened";
    case On::replay_claimed:
      return "replay_claimed";
    case On::configuration_chosen:
      return "configuration_chosen";
  }
  return "unknown message";
}

namespace {

/// Types that IANA has registered and no machine knows.
struct OtherType {
  std::uint8_t type;
  std::string_view name;
};
constexpr OtherType kOtherTypes[] = {
    {3, "hello_verify_request"},
    {6, "hello_retry_request of a draft"},
    {9, "request_connection_id"},
    {10, "new_connection_id"},
    {17, "client_certificate_request"},
    {21, "certificate_url"},
    {23, "supplemental_data"},
    {25, "compressed_certificate"},
    {26, "ekt_key"},
    {67, "next_protocol negotiation"},
    {254, "message_hash"},
};

}  // namespace

std::string describe(std::uint8_t handshake_type) {
  std::string_view known = name(static_cast<On>(handshake_type));
  for (const OtherType& row : kOtherTypes)
    if (row.type == handshake_type) known = row.name;
  return std::string(known) + " (" + std::to_string(handshake_type) + ")";
}

}  // namespace tls::handshake
