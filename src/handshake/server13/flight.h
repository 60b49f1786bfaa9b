// What the files of the server's machine share: the pieces of its flight.
#pragma once

#include "handshake/hello/resume.h"
#include "handshake/server13/server13.h"

namespace tls::handshake::server13 {

/// RFC 8449 §4: a server that knows the extension answers it; without a limit of our own with the protocol's.
[[nodiscard]] std::uint16_t own_record_size_limit(const ServerSettings& settings);

/// The one ChangeCipherSpec (RFC 9846 Appendix E.4), unless it was sent already or is of no use.
void send_compatibility_ccs(const hello::Decision13& decision, Context& c);

/// ServerHello: `share` empty without a key exchange, `psk` the identity that was selected.
[[nodiscard]] ByteVector encode_server_hello(const hello::Decision13& decision, Bytes share,
                                             std::optional<std::uint16_t> psk, Random& random);
[[nodiscard]] ByteVector encode_encrypted_extensions(const hello::Decision13& decision, bool early_data,
                                                     const Context& c);

/// What is agreed on becomes what the connection tells, and the plan for tickets.
void note(const hello::Decision13& decision, hello::Beginning beginning, Context& c);
/// RFC 8449 §4: both limits hold from EncryptedExtensions on.
void limit_records(const hello::Decision13& decision, Context& c);
/// Finished, and the keys that follow it.
[[nodiscard]] ApplicationKeys send_finished(HandshakeKeys&& keys, Context& c);

/// A handshake with a certificate: `hello` is the whole ClientHello.
[[nodiscard]] AwaitCredential ask_credential(hello::Decision13&& decision, Bytes hello, Context& c);
[[nodiscard]] WaitRetriedClientHello send_retry(const hello::Decision13& decision, const wire::ClientHello& parsed,
                                                Bytes hello, Context& c);

/// Where a ClientHello can lead whose PSKs are looked at.
using AfterSearch = Next<WaitRetriedClientHello, AwaitTicket, AwaitReplayVerdict, AwaitCredential, WaitFinished>;
/// Looks at the identities from `search.identity` on, until one has to be asked for, one is selected, or none is left.
[[nodiscard]] Result<AfterSearch> look_at_psks(Search&& search, Context& c);

/// The tickets of the plan; the transcript reaches through the client's Finished. Fails as make_notes() does.
[[nodiscard]] Result<void> send_tickets(const ApplicationKeys& keys, Context& c);

/// A successor out of a set of which a handler has only some: those that are missing do not come here.
template <class N, class Wide>
Result<N> narrow(Result<Wide>&& wide) {
  if (!wide) return std::unexpected(std::move(wide.error()));
  return std::visit(
      [](auto&& state) -> Result<N> {
        if constexpr (std::is_constructible_v<N, decltype(state)>)
          return N{std::move(state)};
        else
          return fail(Code::internal_error, "a state that cannot follow");
      },
      std::move(*wide));
}

}  // namespace tls::handshake::server13
