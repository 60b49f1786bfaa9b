#include "handshake/secrets13.h"

#include <algorithm>

namespace tls::handshake {

HandshakeKeys enter_handshake(const SuiteImpl& suite, EarlySecret&& early, std::optional<crypto::SharedSecret>&& shared,
                              Bytes client_random, Context& c) {
  HandshakeSecret stage =
      shared ? std::move(early).to_handshake(std::move(*shared)) : std::move(early).to_handshake_without_exchange();
  const crypto::Digest h = c.transcript.hash();
  HandshakeKeys keys{suite, std::move(stage), {}, {}};
  keys.client = keys.stage.client_handshake(h.bytes());
  keys.server = keys.stage.server_handshake(h.bytes());
  c.sink->log_secret("CLIENT_HANDSHAKE_TRAFFIC_SECRET", client_random, keys.client.expose());
  c.sink->log_secret("SERVER_HANDSHAKE_TRAFFIC_SECRET", client_random, keys.server.expose());
  return keys;
}

ApplicationKeys enter_application(HandshakeKeys&& keys, Bytes client_random, Context& c) {
  MainSecret main = std::move(keys.stage).to_main();
  const crypto::Digest h = c.transcript.hash();
  ApplicationKeys out{keys.suite,
                      std::move(keys.client),
                      main.client_application(h.bytes()),
                      main.server_application(h.bytes()),
                      main.exporter(h.bytes()),
                      std::move(main)};
  c.sink->log_secret("CLIENT_TRAFFIC_SECRET_0", client_random, out.client.expose());
  c.sink->log_secret("SERVER_TRAFFIC_SECRET_0", client_random, out.server.expose());
  c.sink->log_secret("EXPORTER_SECRET", client_random, out.exporter.expose());
  return out;
}

Result<void> export_with(const ApplicationKeys& keys, std::string_view label, std::optional<Bytes> context,
                         MutableBytes out) {
  return export_from(*keys.suite.hash, keys.exporter, label, context.value_or(Bytes{}), out);
}

EarlyExporter early_exporter(const crypto::HashImpl& hash, const EarlySecret& early, Bytes through_client_hello,
                             Bytes client_random, Sink& sink) {
  EarlyExporter exporter{&hash, early.early_exporter(through_client_hello)};
  sink.log_secret("EARLY_EXPORTER_SECRET", client_random, exporter.secret.expose());
  return exporter;
}

std::uint64_t records_per_key(const SuiteImpl& suite, std::uint64_t configured) {
  return configured == 0 ? suite.facts->record_limit : std::min(configured, suite.facts->record_limit);
}

}  // namespace tls::handshake
