// What a client offers: the ClientHello of any version, and its second form after a HelloRetryRequest.
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

/// Everything of an offer that the answer is checked against. Draws from Random in this order: random
/// and, in the same draw, a legacy_session_id that is made up; GREASE (when on), then each key share.
struct Offer {
  wire::HelloRandom random{};
  wire::ShortBytes<wire::kMaxSessionId> legacy_session_id;
  std::string server_name;  ///< as sent; empty: none is sent
  std::vector<KeyShareOffer> key_shares;
  ByteVector cookie;                     ///< of a HelloRetryRequest; empty: none
  std::uint16_t grease = 0;              ///< 0: none
  wire::ExtensionSet extensions;         ///< what encode() sent last
  std::optional<ClientSession> session;  ///< that is offered; of any version
  std::vector<PskOffer> psks;            ///< TLS 1.3: the session's first, then the external ones
  EarlyDataRefusal early_data_refusal = EarlyDataRefusal::none;  ///< why the session's is not offered
  bool early_data = false;   ///< is offered, under the first of `psks`, which is the session's
  bool share_asked = false;  ///< a HelloRetryRequest named the group of the one share
  bool retried = false;      ///< a HelloRetryRequest changed it
};

/// A fresh offer. `server_name` has been checked by reference_name(), `session` by take_session().
[[nodiscard]] Result<Offer> make_offer(const ClientSettings& settings, std::string_view server_name,
                                       std::optional<ClientSession> session = {});
/// The whole ClientHello message, with binders of zeros; notes the extensions in `offer`.
[[nodiscard]] ByteVector encode_offer(Offer& offer, const ClientSettings& settings);
/// Puts the binders at the end of a message of encode_offer(); the transcript holds what precedes it (RFC 9846
/// §4.3.11.2).
void write_binders(const Offer& offer, ByteVector& message, const Transcript& before, const ClientSettings& settings);
/// Lets the ClientHello go: encoded, bound, into the transcript, to the peer.
void send_offer(Offer& offer, const ClientSettings& settings, Transcript& transcript, Sink& sink);
/// Changes the offer as a HelloRetryRequest asks (RFC 9846 §4.2.4); fails when it may not ask for that. Early data and
/// PSKs of another hash than `suite`'s are offered no more.
[[nodiscard]] Result<void> retry_offer(Offer& offer, const wire::HelloRetryRequest& retry,
                                       const crypto::SuiteFacts& suite, const ClientSettings& settings);

/// The name as it is verified: a host name without its trailing dot in lower case, or an address. Fails with bad_config
/// for what is neither.
[[nodiscard]] Result<std::string> reference_name(std::string_view name);
/// True for an IPv4 or IPv6 address in text, which server_name never carries (RFC 6066 §3).
[[nodiscard]] bool is_address(std::string_view name);

/// "a, b, c" of names, for errors.
template <class List>
std::string list_of_names(const List& values) {
  std::string text;
  for (auto value : values) {
    text += (text.empty() ? "" : ", ") + registered_name(value);
    if (text.size() > 400) return text + ", ...";  // a peer chooses the length: errors stay readable
  }
  return text.empty() ? "none" : text;
}

}  // namespace tls::handshake::hello
