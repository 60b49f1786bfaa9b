// The parts of the server's flight, which the files of its machine share.
#pragma once

#include "handshake/hello/resume.h"
#include "handshake/server13/server13.h"

namespace tls::handshake::server13 {

/// Returns our record_size_limit. A server that supports the extension answers it (RFC 8449 §4). Without a configured
/// limit, it sends the protocol's limit.
[[nodiscard]] std::uint16_t own_record_size_limit(const ServerSettings& settings);

/// Sends the single ChangeCipherSpec (RFC 9846 Appendix E.4), unless it was sent already or has no purpose.
void send_compatibility_ccs(const hello::Decision13& decision, Context& c);

/// Returns a ServerHello. `share` is empty without a key exchange. `psk` is the selected identity.
[[nodiscard]] ByteVector encode_server_hello(const hello::Decision13& decision, Bytes share,
                                             std::optional<std::uint16_t> psk, Random& random);
[[nodiscard]] ByteVector encode_encrypted_extensions(const hello::Decision13& decision, bool early_data,
                                                     const Context& c);

/// Stores the results of the negotiation in the connection's info and in the plan for tickets.
void note(const hello::Decision13& decision, hello::Beginning beginning, Context& c);
/// Applies the record size limits of both sides, from EncryptedExtensions on (RFC 8449 §4).
void limit_records(const hello::Decision13& decision, Context& c);
/// Sends Finished and returns the keys that follow it.
[[nodiscard]] ApplicationKeys send_finished(HandshakeKeys&& keys, Context& c);

/// Begins a handshake with a certificate. `hello` is the complete ClientHello.
[[nodiscard]] AwaitCredential ask_credential(hello::Decision13&& decision, Bytes hello, Context& c);
[[nodiscard]] WaitRetriedClientHello send_retry(const hello::Decision13& decision, const wire::ClientHello& parsed,
                                                Bytes hello, Context& c);

/// The states that can follow a ClientHello whose PSKs are examined.
using AfterSearch = Next<WaitRetriedClientHello, AwaitTicket, AwaitReplayVerdict, AwaitCredential, WaitFinished>;
/// Examines the identities from `search.identity` on, until one must be looked up, one is selected, or none is left.
[[nodiscard]] Result<AfterSearch> look_at_psks(Search&& search, Context& c);

/// Sends the tickets of the plan. Precondition: the transcript ends with the client's Finished. Fails as make_notes()
/// does.
[[nodiscard]] Result<void> send_tickets(const ApplicationKeys& keys, Context& c);

/// Converts a successor to the smaller set of a handler. The successors that are not in the set do not occur here.
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
