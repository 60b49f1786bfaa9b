#include "handshake/running.h"

#include <array>

namespace tls::handshake {

void send(ByteVector message, Epoch epoch, const CommonSettings& settings, Transcript& transcript, Sink& sink) {
  if (settings.replay.rewrite) settings.replay.rewrite(message);
  transcript.add(message);
  sink.send(message, epoch);
}

On event_of(const OperationResult& result) noexcept {
  // In the order of OperationResult's alternatives.
  static constexpr std::array kEvents = {On::chain_verified, On::signature_made, On::credential_chosen,
                                         On::session_found,  On::ticket_opened,  On::replay_claimed};
  static_assert(kEvents.size() == std::variant_size_v<OperationResult>);
  return kEvents[result.index()];
}

}  // namespace tls::handshake
