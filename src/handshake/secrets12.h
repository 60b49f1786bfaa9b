// What a TLS 1.2 handshake carries from state to state: what ServerHello settled, and the keys.
#pragma once

#include "handshake/authentication.h"
#include "handshake/key_schedule12.h"
#include "handshake/running.h"
#include "wire/client_hello.h"

namespace tls::handshake {

/// Settled by ServerHello: all that the key schedule takes besides a secret.
struct Agreed12 {
  SuiteImpl suite;
  wire::HelloRandom client_random{}, server_random{};
  bool extended_main_secret = false;
};

/// From ClientKeyExchange on.
struct Keys12 {
  Agreed12 agreed;
  MainSecret12 main;
  KeyBlock block;
};

/// The keys of a full handshake, logged; the transcript reaches through ClientKeyExchange.
[[nodiscard]] Keys12 enter_keys(const Agreed12& agreed, crypto::SharedSecret&& preliminary, Context& c);

/// The keys of an abbreviated handshake, logged: `secret` is the session's (RFC 5246 §7.3).
[[nodiscard]] Keys12 resume_keys(const Agreed12& agreed, SessionSecret&& secret, Context& c);

/// Keying material (RFC 5705 §4).
[[nodiscard]] Result<void> export_with(const Keys12& keys, std::string_view label, std::optional<Bytes> context,
                                       MutableBytes out);

/// `us` writes, the peer reads: installs the keys with which `direction` goes on after ChangeCipherSpec.
void install(Direction direction, Role us, const Keys12& keys, Context& c);

/// A side's Finished over the transcript so far: the whole message.
[[nodiscard]] ByteVector finished_message(Role us, const Keys12& keys, const Context& c);
/// Sends ChangeCipherSpec and, under the new keys, Finished. `MachineContext`: one that sends.
template <class MachineContext>
void send_finished(Role us, const Keys12& keys, MachineContext& c) {
  ByteVector message = finished_message(us, keys, c);
  c.sink->send_change_cipher_spec();
  install(Direction::write, us, keys, c);
  c.send(std::move(message), Epoch::application);
}
/// Fails with bad_finished unless `verify_data` is the peer's over the transcript so far.
[[nodiscard]] Result<void> check_finished(Role peer, const Keys12& keys, Bytes verify_data, const Context& c);

/// RFC 8449 §4: the limits of both sides hold for what the keys of this handshake protect; in TLS 1.2 the content type
/// does not count.
void limit_records(std::uint16_t ours, std::uint16_t peers, Context& c);
/// The record_size_limit that we name in TLS 1.2; without one of our own that of the protocol.
[[nodiscard]] std::uint16_t record_size_limit12(std::uint16_t configured) noexcept;

}  // namespace tls::handshake
