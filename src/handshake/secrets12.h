// The data that a TLS 1.2 handshake carries from state to state: the parameters that ServerHello fixed, and the keys.
#pragma once

#include "handshake/authentication.h"
#include "handshake/key_schedule12.h"
#include "handshake/running.h"
#include "wire/client_hello.h"

namespace tls::handshake {

/// The parameters that ServerHello fixed: everything that the key schedule needs besides a secret.
struct Agreed12 {
  SuiteImpl suite;
  wire::HelloRandom client_random{}, server_random{};
  bool extended_main_secret = false;
};

/// The keys from ClientKeyExchange on.
struct Keys12 {
  Agreed12 agreed;
  MainSecret12 main;
  KeyBlock block;
};

/// Returns the keys of a full handshake, and logs them. Precondition: the transcript ends with ClientKeyExchange.
[[nodiscard]] Keys12 enter_keys(const Agreed12& agreed, crypto::SharedSecret&& preliminary, Context& c);

/// Returns the keys of an abbreviated handshake, and logs them. `secret` is the session's (RFC 5246 §7.3).
[[nodiscard]] Keys12 resume_keys(const Agreed12& agreed, SessionSecret&& secret, Context& c);

/// Exports keying material (RFC 5705 §4).
[[nodiscard]] Result<void> export_with(const Keys12& keys, std::string_view label, std::optional<Bytes> context,
                                       MutableBytes out);

/// Installs the keys that `direction` uses after ChangeCipherSpec. `us` is our role: we write, the peer reads.
void install(Direction direction, Role us, const Keys12& keys, Context& c);

/// Returns the complete Finished message of a side over the transcript so far.
[[nodiscard]] ByteVector finished_message(Role us, const Keys12& keys, const Context& c);
/// Sends ChangeCipherSpec, then Finished under the new keys. `MachineContext` is a context with send().
template <class MachineContext>
void send_finished(Role us, const Keys12& keys, MachineContext& c) {
  ByteVector message = finished_message(us, keys, c);
  c.sink->send_change_cipher_spec();
  install(Direction::write, us, keys, c);
  c.send(std::move(message), Epoch::application);
}
/// Fails with bad_finished unless `verify_data` is the peer's verify_data over the transcript so far.
[[nodiscard]] Result<void> check_finished(Role peer, const Keys12& keys, Bytes verify_data, const Context& c);

/// Applies the record size limits of both sides to records under the keys of this handshake (RFC 8449 §4). In TLS 1.2
/// the content type does not count.
void limit_records(std::uint16_t ours, std::uint16_t peers, Context& c);
/// Returns the record_size_limit that we send in TLS 1.2: the configured one, or the protocol's limit if none is
/// configured.
[[nodiscard]] std::uint16_t record_size_limit12(std::uint16_t configured) noexcept;

}  // namespace tls::handshake
