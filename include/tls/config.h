// Configurations: validated when they are built, then immutable, shared by any number of connections and threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tls/credentials.h"
#include "tls/environment.h"
#include "tls/error.h"
#include "tls/info.h"
#include "tls/session.h"
#include "tls/verifier.h"

namespace tls {

struct ClientSettings;  // src/handshake/settings.h
struct ServerSettings;
struct ConfigAccess;  // tests and replayed traces

/// Receives SSLKEYLOGFILE lines (RFC 9850) without the newline. Called from the connection's thread. Whoever has
/// these lines can decrypt the connection: off unless it is asked for. As for what it throws: see Connection.
using KeyLog = std::function<void(std::string_view line)>;

/// How many zero bytes pad a TLS 1.3 record (RFC 9846 §5.4).
struct Padding {
  std::uint16_t block = 0;  ///< plaintexts are padded to a multiple of this; 0 or 1: no padding
};

/// Chooses what an application keeps in a session: at most kMaxSessionData bytes. Called from the connection's thread,
/// when the client has authenticated and before the session is kept or its tickets are sent; not in an abbreviated
/// handshake of TLS 1.2, whose ticket goes out before the client has proven anything: what the session holds goes on.
/// `info` is that of the connection; its session_data is what the session that was resumed holds.
using SessionData = std::function<std::vector<std::uint8_t>(const ConnectionInfo& info)>;

/// Whether a server asks its clients for certificates.
enum class ClientAuth : std::uint8_t { none, request, require };

/// What becomes of a TLS 1.2 peer without a protection that every peer of today has.
enum class Require : std::uint8_t {
  always,      ///< it is refused
  if_offered,  ///< the protection is used with peers that have it; with others the connection goes without
};

/// When a TLS 1.2 client may send data after its own Finished, before the server's (RFC 7918). Whoever decrypts that
/// data is the authenticated server; whether the handshake was tampered with shows at HandshakeDone.
enum class FalseStart : std::uint8_t {
  off,           ///< data waits for HandshakeDone
  with_alpn,     ///< where an application protocol was negotiated: a server that knows ALPN can stand False Start
  without_alpn,  ///< there and elsewhere
};

/// What clients and servers have in common. Every setter returns the builder; build() reports the first thing that
/// is wrong, in words. Setters throw std::bad_alloc where memory runs out, and build() nothing: it fails with
/// out_of_memory, or with provider_failed when the identity() of what it was given throws.
// test: interference: build() lets nothing out
// test: interference: build(): every allocation fails once
template <class Builder>
class CommonBuilder {
 public:
  Builder& versions(ProtocolVersion min, ProtocolVersion max);       ///< default: TLS 1.2 to TLS 1.3
  Builder& cipher_suites(std::vector<CipherSuite> suites);           ///< in order of preference
  Builder& groups(std::vector<NamedGroup> groups);                   ///< in order of preference
  Builder& signature_schemes(std::vector<SignatureScheme> schemes);  ///< accepted from the peer, in order of preference
  Builder& alpn(std::vector<std::string> protocols);                 ///< in order of preference, 1..255 bytes each
  /// Most plaintext that we accept in a record (RFC 8449), 64 to 16385. Default: a client does not send the extension,
  /// a server answers it with the most that its version allows.
  Builder& record_size_limit(std::uint16_t bytes);
  Builder& padding(Padding padding);           ///< default: none; blocks of at most 16384
  Builder& max_fragment(std::uint16_t bytes);  ///< most content of a record that we send: 64 to 16384, the default
  Builder& max_certificate_message(std::size_t bytes);  ///< default 128 KiB; at most 16 MiB - 1
  Builder& key_log(KeyLog log);                         ///< default: none
  Builder& random(Random& random);          ///< default system_random(); must outlive the config and its connections
  Builder& clock(const Clock& clock);       ///< default system_clock(); must outlive the config and its connections
  Builder& force_kernel(std::string name);  ///< diagnosis only: an implementation by its name
  /// TLS 1.2: secrets bound to their handshake (extended_main_secret, RFC 7627). Default Require::if_offered: peers
  /// without it (Go before 1.21, Java 8) are served, but on such a connection no session is kept or resumed and there
  /// are no exporters: the attacks of RFC 7627 §1 need one of the two. Require::always refuses such peers.
  Builder& extended_main_secret(Require policy);
  /// Allows a PSK without a key exchange (psk_ke, RFC 9846 §4.3.9): whoever learns the PSK later can decrypt what was
  /// recorded. Default off.
  Builder& psk_without_key_exchange(bool on);
  /// Keys that both sides were given by other means: a client offers them all, a server knows them by their identities.
  /// A server that has them still needs credentials, for clients that have none.
  Builder& external_psks(std::vector<std::shared_ptr<const ExternalPsk>> psks);
  /// Records under one key before we update it by ourselves; at most, and by default, the limit of RFC 9846 §5.5.
  Builder& key_update_after(std::uint64_t records);
};

/// A client's configuration. Cheap to copy: a handle to immutable settings.
class ClientConfig {
 public:
  class Builder;
  static Builder builder();
  /// A builder that begins with all that this configuration has: for one that differs in a few things.
  [[nodiscard]] Builder rebuild() const;
  /// For the stack itself: the type is internal. So is that of share().
  [[nodiscard]] const ClientSettings& settings() const noexcept { return *settings_; }
  [[nodiscard]] const std::shared_ptr<const ClientSettings>& share() const noexcept { return settings_; }

 private:
  friend struct ConfigAccess;
  explicit ClientConfig(std::shared_ptr<const ClientSettings> s) : settings_(std::move(s)) {}
  std::shared_ptr<const ClientSettings> settings_;
};

class ClientConfig::Builder : public CommonBuilder<ClientConfig::Builder> {
 public:
  Builder();
  explicit Builder(const ClientConfig& config);  ///< ClientConfig::rebuild()
  Builder(const Builder& other);  ///< `auto b = ...::builder().versions(...)` keeps a copy of what was set so far
  Builder(Builder&&) noexcept;
  ~Builder();
  Builder& trust(std::shared_ptr<const ChainVerifier> verifier);         ///< mandatory
  Builder& credentials(std::shared_ptr<const CredentialSource> source);  ///< default: no client certificate
  /// Whether a certificate is withheld from a server that names authorities of which none has issued it:
  /// credential_list() then gives none, and the server gets an empty Certificate. Default off: what fits best is sent,
  /// and the server decides (RFC 9846 §4.5.1.2 says SHOULD, and many servers name too few).
  Builder& authorities_bind(bool on);
  Builder& send_server_name(bool on);  ///< default on; addresses are never sent
  // test: handshake: RFC 6066 §3: an address is verified but never sent
  Builder& compatibility_mode(bool on);  ///< RFC 9846 Appendix E.4; default on
  Builder& key_shares(std::vector<NamedGroup>
                          groups);  ///< for which a share goes into the first ClientHello; default: the first group;
                                    ///< none: a server asks for one that it likes, which takes another round trip
  /// DER names, sent in the ClientHello; default: none.
  Builder& certificate_authorities(std::vector<std::vector<std::uint8_t>> der_names);
  Builder& request_ocsp(bool on);  ///< asks for a staple; default on
  /// What a server has to staple; default StaplePolicy::if_present. A server that is not asked owes none: without
  /// request_ocsp() `require` fails build(), and all else is `ignore`.
  Builder& staples(StaplePolicy policy);
  Builder& request_scts(bool on);           ///< asks for certificate timestamps; default off
  Builder& grease(bool on);                 ///< sends GREASE values (RFC 8701); default off
  Builder& false_start(FalseStart policy);  ///< TLS 1.2; default off, for RFC 7918 §4 wants it asked for
  /// Whether a TLS 1.2 server has to answer renegotiation_info (RFC 5746): with one that does not, our handshake may be
  /// the second one of a connection that an attacker began. Default Require::always.
  Builder& renegotiation_info(Require policy);
  /// Sends TLS_FALLBACK_SCSV (RFC 7507): for a second attempt with a lower versions() maximum, after a server that
  /// stumbles over the first. A server that has more than that maximum then refuses. Default off.
  Builder& fallback_scsv(bool on);
  /// Where sessions are kept between connections; default: in none, without resumption. Configurations may share a
  /// store: each finds only sessions whose peers were checked as it would have checked them.
  Builder& sessions(std::shared_ptr<ClientSessionStore> store);
  Builder& tickets(bool on);  ///< takes tickets in TLS 1.2; default on; used only with sessions()
  /// Asks the verifier again about the chain that a session's peer has shown, each time that the session is resumed:
  /// for verifiers that may have changed their mind. A refusal ends the handshake; early data may be out by then.
  /// Sessions of external_psks() have no chain. Default off: a session ends with its chain in any case, as far as the
  /// verifier has said when that is.
  Builder& verify_resumed(bool on);
  /// TLS 1.2: a HelloRequest is read and forgotten, as RFC 5246 §7.4.1.1 allows. Default off: it is answered with the
  /// warning no_renegotiation (§7.2.2), and the server decides whether to go on. In both cases the connection goes on
  /// until a server asks more than 32 times without data between; then it fails with no_renegotiation.
  Builder& ignore_hello_requests(bool on);
  /// Offers early data where a session allows it, to be sent by send_early(). Whoever copies it on the way can send it
  /// again; a server of this kind accepts it once, others may not. Default off.
  // test: resumption13: the same flight again, to the same server
  Builder& early_data(bool on);
  /// How many tickets a TLS 1.3 server should give after a full handshake and after a resumption (RFC 9149). Default:
  /// it is not told.
  Builder& ticket_request(std::uint8_t new_session_count, std::uint8_t resumption_count);
  /// Fails with bad_config, in words.
  [[nodiscard]] Result<ClientConfig> build();

 private:
  friend class CommonBuilder<Builder>;
  [[nodiscard]] Result<ClientConfig> make();
  std::unique_ptr<ClientSettings> settings_;
  std::string forced_;
};

/// A server's configuration. Cheap to copy.
class ServerConfig {
 public:
  class Builder;
  static Builder builder();
  /// A builder that begins with all that this configuration has: for one that differs in a few things, as after a
  /// certificate was renewed (tls/live_config.h). Both share ticket keys, session cache and replay guard, so sessions
  /// and early data pass from one to the other, as far as what they are bound to is the same: see session_context(),
  /// client_auth(), client_staples(), signature_schemes().
  // test: live: tickets, session IDs and early data outlive a renewed certificate
  [[nodiscard]] Builder rebuild() const;
  /// For the stack itself: the type is internal. So is that of share().
  [[nodiscard]] const ServerSettings& settings() const noexcept { return *settings_; }
  [[nodiscard]] const std::shared_ptr<const ServerSettings>& share() const noexcept { return settings_; }

 private:
  friend struct ConfigAccess;
  explicit ServerConfig(std::shared_ptr<const ServerSettings> s) : settings_(std::move(s)) {}
  std::shared_ptr<const ServerSettings> settings_;
};

class ServerConfig::Builder : public CommonBuilder<ServerConfig::Builder> {
 public:
  Builder();
  explicit Builder(const ServerConfig& config);  ///< ServerConfig::rebuild()
  Builder(const Builder& other);  ///< `auto b = ...::builder().versions(...)` keeps a copy of what was set so far
  Builder(Builder&&) noexcept;
  ~Builder();
  Builder& credentials(std::shared_ptr<const CredentialSource> source);  ///< mandatory
  /// Default none. `verifier` is mandatory for request and require.
  Builder& client_auth(ClientAuth mode, std::shared_ptr<const ChainVerifier> verifier);
  Builder& client_authorities(std::vector<std::vector<std::uint8_t>> der_names);  ///< sent in CertificateRequest
  /// What clients have to staple to their certificates; default StaplePolicy::ignore, and they are not asked to. A
  /// client can do it in TLS 1.3 alone (RFC 9846 §4.5.1.1): `require` refuses certificates that are shown in TLS 1.2.
  Builder& client_staples(StaplePolicy policy);
  Builder& require_alpn(bool on);  ///< default on: an offer without a common protocol fails; off: none is negotiated
  Builder& prefer_server_order(
      bool on);                    ///< suites and groups; default on (ChaCha20 first for clients that put it first)
  Builder& retry_cookie(bool on);  ///< a cookie in every HelloRetryRequest; default on
  Builder& always_retry(bool on);  ///< sends HelloRetryRequest even where a share fits (proof of address); needs
                                   ///< retry_cookie; default off
  /// Keeps TLS 1.2 sessions for resumption by Session ID; default: none. Servers may share one.
  Builder& session_cache(std::shared_ptr<SessionCache> cache);
  /// Gives clients tickets, in both versions; default: none. Servers that share a sealer resume each other's sessions.
  Builder& tickets(std::shared_ptr<TicketSealer> sealer);
  Builder& ticket_lifetime(std::chrono::seconds lifetime);  ///< of sessions of both kinds: 1 second to 7 days; default
                                                            ///< 2 hours
  Builder& new_tickets(std::uint8_t count);  ///< after a TLS 1.3 handshake, unless the client asks for fewer or more
                                             ///< (RFC 9149); 0 to 16, default 2
  /// Which service this is, 0 to 255 bytes: sessions are resumed only where the context is the same, by ID, by ticket
  /// and in either version. Servers that share a cache or ticket keys resume each other's sessions of one server name,
  /// whatever certificates they have: give services that must not a context each. Default: empty.
  Builder& session_context(std::string context);
  /// How large a client's leaf may be, in bytes of DER, to go whole into tickets: 0 to 8192, default 2048. Of a larger
  /// one a ticket holds a CertificateSummary, and of one whose summary is larger than 4 KiB there are no tickets.
  /// Session caches, and tickets that only name a session (single_use_tickets()), keep chains of up to 16 KiB whole.
  Builder& ticket_certificate(std::size_t bytes);
  /// What sessions hold for the application, in either version: a connection that resumes finds it in
  /// ConnectionInfo::session_data. In tickets it is encrypted and authenticated, but it is as old as its session, and
  /// whoever holds a ticket key can make it up; it is not wiped. Early data may be accepted before the application has
  /// looked at it: whoever decides by it has to do so at the first EarlyData event. More than kMaxSessionData bytes
  /// fail the handshake with misuse. Default: what the session that was resumed holds goes on.
  Builder& session_data(SessionData source);
  /// Asks the verifier of client_auth() again about the chain that a session's client has shown, each time that the
  /// session is to be resumed, before early data is accepted. A refusal, and a session that holds no whole chain (a
  /// ticket does not, unless it only names one), make a full handshake. OCSP responses are not kept. Default off.
  Builder& verify_resumed(bool on);
  /// Accepts up to `bytes` of early data of each connection, which `guard` lets through once, and only if it arrives
  /// within `window` of when it was expected (RFC 9846 §8): at most 2^20 bytes, a window of 1 ms to 60 s. Needs
  /// tickets(). Default: it is refused.
  // test: resumption13: the same flight again, to the same server
  Builder& early_data(std::uint32_t bytes, std::shared_ptr<ReplayGuard> guard,
                      Clock::Milliseconds window = Clock::Milliseconds(10'000));
  /// Fails with bad_config, in words.
  [[nodiscard]] Result<ServerConfig> build();

 private:
  friend class CommonBuilder<Builder>;
  [[nodiscard]] Result<ServerConfig> make();
  std::unique_ptr<ServerSettings> settings_;
  std::string forced_;
};

}  // namespace tls
