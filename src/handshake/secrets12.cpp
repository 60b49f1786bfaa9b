#include "handshake/secrets12.h"

#include <algorithm>

#include "base/constant_time.h"
#include "base/limits.h"

namespace tls::handshake {
namespace {

crypto::Digest verify_data(Role role, const Keys12& keys, const Context& c) {
  const crypto::Digest h = c.transcript.hash();
  return role == Role::client ? keys.main.client_finished(h.bytes()) : keys.main.server_finished(h.bytes());
}

Keys12 expand(const Agreed12& agreed, MainSecret12&& main, Context& c) {
  c.sink->log_secret("CLIENT_RANDOM", agreed.client_random, main.session().expose());
  KeyBlock block = main.key_block(agreed.suite.facts->aead, agreed.client_random, agreed.server_random);
  return {agreed, std::move(main), std::move(block)};
}

}  // namespace

Keys12 enter_keys(const Agreed12& agreed, crypto::SharedSecret&& preliminary, Context& c) {
  const crypto::HashImpl& hash = *agreed.suite.hash;
  const crypto::Digest session_hash = c.transcript.hash();
  MainSecret12 main =
      agreed.extended_main_secret
          ? MainSecret12::extended(hash, std::move(preliminary), session_hash.bytes())
          : MainSecret12::from_randoms(hash, std::move(preliminary), agreed.client_random, agreed.server_random);
  return expand(agreed, std::move(main), c);
}

Keys12 resume_keys(const Agreed12& agreed, SessionSecret&& secret, Context& c) {
  return expand(agreed, MainSecret12::of_session(*agreed.suite.hash, std::move(secret)), c);
}

void install(Direction direction, Role us, const Keys12& keys, Context& c) {
  const bool clients = (direction == Direction::write) == (us == Role::client);
  const KeyBlock& block = keys.block;
  c.sink->install(direction, keys.agreed.suite, clients ? block.client_key() : block.server_key(),
                  clients ? block.client_iv() : block.server_iv());
}

Result<void> export_with(const Keys12& keys, std::string_view label, std::optional<Bytes> context, MutableBytes out) {
  const Agreed12& agreed = keys.agreed;
  return export_from(*agreed.suite.hash, keys.main.session(), agreed.extended_main_secret, label, agreed.client_random,
                     agreed.server_random, context, out);
}

ByteVector finished_message(Role us, const Keys12& keys, const Context& c) {
  const crypto::Digest data = verify_data(us, keys, c);
  return encode_finished(data.bytes());
}

Result<void> check_finished(Role peer, const Keys12& keys, Bytes received, const Context& c) {
  const crypto::Digest expected = verify_data(peer, keys, c);
  // RFC 5246 §7.4.9: recipients MUST verify that the contents are correct.
  if (!constant_time_equal(received, expected.bytes())) return fail(Code::bad_finished);
  return {};
}

void limit_records(std::uint16_t ours, std::uint16_t peers, Context& c) {
  c.info.peer_record_size_limit = peers;
  c.sink->limit_records(std::min<std::size_t>(peers, limits::kMaxPlaintext));
  c.sink->limit_peer_records(ours);
}

std::uint16_t record_size_limit12(std::uint16_t configured) noexcept {
  const auto most = static_cast<std::uint16_t>(limits::kMaxPlaintext);
  return configured == 0 ? most : std::min(configured, most);
}

}  // namespace tls::handshake
