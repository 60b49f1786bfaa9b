#include "handshake/running.h"

#include <array>

namespace tls::handshake {

void send(ByteVector message, Epoch epoch, const CommonSettings& settings, Transcript& transcript, Sink& sink) {
  if (settings.replay.rewrite) settings.replay.rewrite(message);
  transcript.add(message);
  sink.send(message, epoch);
}

Result<void> check_credential(const CredentialPtr& credential) {
  if (!credential || (credential->key && !credential->chain.empty())) return {};
  return std::unexpected(Error(Code::bad_config, credential->key ? "the credential that was chosen has no certificate"
                                                                 : "the credential that was chosen has no key")
                             .with_alert(Alert::internal_error));
}

On event_of(const OperationResult& result) noexcept {
  // In the order of OperationResult's alternatives.
  static constexpr std::array kEvents = {On::chain_verified,      On::signature_made, On::credential_chosen,
                                         On::session_found,       On::ticket_opened,  On::replay_claimed,
                                         On::configuration_chosen};
  static_assert(kEvents.size() == std::variant_size_v<OperationResult>);
  return kEvents.at(result.index());
}

}  // namespace tls::handshake
