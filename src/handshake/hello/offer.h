// The client's offer: the ClientHello for all versions, and its second form after a HelloRetryRequest.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/writer.h"
#include "crypto/group.h"
#include "crypto/suite.h"
#include "handshake/psk.h"
#include "handshake/settings.h"
#include "handshake/transcript.h"
#include "wire/client_hello.h"
#include "wire/hello_retry_request.h"

namespace tls::handshake::hello {

struct KeyShareOffer {
  const crypto::GroupImpl* group = nullptr;
  crypto::KeySharePrivate key;
  ByteVector share;
};

/// The parts of an offer that the answer is checked against. Draws from Random in this order: the random together with
/// a generated legacy_session_id, GREASE (if enabled), then each key share.
struct Offer {
  wire::HelloRandom random{};
  wire::ShortBytes<wire::kMaxSessionId> legacy_session_id;
  std::string server_name;  ///< as sent. Empty: none is sent
  std::vector<KeyShareOffer> key_shares;
  ByteVector cookie;                     ///< of a HelloRetryRequest. Empty: none
  std::uint16_t grease = 0;              ///< 0: none
  wire::ExtensionSet extensions;         ///< the extensions that encode_offer() wrote last
  std::optional<ClientSession> session;  ///< the offered session, of any version
  std::vector<PskOffer> psks;            ///< TLS 1.3: the session's PSK first, then the external ones
  EarlyDataRefusal early_data_refusal = EarlyDataRefusal::none;  ///< why no early data is offered with the session
  bool early_data = false;   ///< early data is offered, under the first of `psks`, which is the session's
  bool share_asked = false;  ///< a HelloRetryRequest named the group of the only share
  bool retried = false;      ///< a HelloRetryRequest changed it
};

/// Returns a new offer. Precondition: `server_name` comes from reference_name(), `session` from take_session().
[[nodiscard]] Result<Offer> make_offer(const ClientSettings& settings, std::string_view server_name,
                                       std::optional<ClientSession> session = {});
/// Returns the complete ClientHello message, with binders of zeros. Stores the extensions in `offer`.
[[nodiscard]] ByteVector encode_offer(Offer& offer, const ClientSettings& settings);
/// Writes the binders at the end of a message from encode_offer(). `before` is the transcript of the messages before it
/// (RFC 9846 §4.3.11.2).
void write_binders(const Offer& offer, ByteVector& message, const Transcript& before, const ClientSettings& settings);
/// Encodes the ClientHello, writes its binders, adds it to the transcript and sends it.
void send_offer(Offer& offer, const ClientSettings& settings, Transcript& transcript, Sink& sink);
/// Changes the offer as a HelloRetryRequest asks (RFC 9846 §4.2.4). Fails if the request is not allowed. Drops the
/// early data, and the PSKs with another hash than that of `suite`.
[[nodiscard]] Result<void> retry_offer(Offer& offer, const wire::HelloRetryRequest& retry,
                                       const crypto::SuiteFacts& suite, const ClientSettings& settings);

/// Returns the name in the form in which it is verified: a host name in lower case without its trailing dot, or an
/// address. Fails with bad_config for any other text.
[[nodiscard]] Result<std::string> reference_name(std::string_view name);
/// Returns true for the text of an IPv4 or IPv6 address, which server_name never carries (RFC 6066 §3).
[[nodiscard]] bool is_address(std::string_view name);

/// Returns the names as "a, b, c", for errors.
template <class List>
std::string list_of_names(const List& values) {
  std::string text;
  for (auto value : values) {
    text += (text.empty() ? "" : ", ") + registered_name(value);
    if (text.size() > 400) return text + ", ...";  // the peer chooses the length: keeps errors readable
  }
  return text.empty() ? "none" : text;
}

}  // namespace tls::handshake::hello
