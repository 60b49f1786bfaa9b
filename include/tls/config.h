// Configurations of clients and servers. build() checks every setting; the result is immutable and may be shared by any
// number of connections and threads.
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
struct ConfigAccess;  // for tests and replayed traces

/// Receives SSLKEYLOGFILE lines (RFC 9850) without the newline. Runs in the connection's thread. Anyone who has these
/// lines can decrypt the connection. Default: off. If it throws, the connection fails: see Connection.
using KeyLog = std::function<void(std::string_view line)>;

/// Padding of TLS 1.3 records with zero bytes (RFC 9846 §5.4).
struct Padding {
  std::uint16_t block = 0;  ///< plaintexts are padded to a multiple of this many bytes; 0 or 1: no padding
};

/// Returns the application data that a session stores, at most kMaxSessionData bytes. `info` describes the connection;
/// its session_data is the data of the session that was resumed.
/// Runs in the connection's thread after the client has authenticated, and before the session is stored or its tickets
/// are sent. It does not run in an abbreviated TLS 1.2 handshake, because the server sends that ticket before the
/// client has proven anything. The new ticket then keeps the data of the resumed session.
using SessionData = std::function<std::vector<std::uint8_t>(const ConnectionInfo& info)>;

/// Whether a server asks its clients for certificates.
enum class ClientAuth : std::uint8_t { none, request, require };

/// How to treat a TLS 1.2 peer that lacks a protection which is standard today.
enum class Require : std::uint8_t {
  always,      ///< reject the peer
  if_offered,  ///< use the protection with peers that support it; connect without it to the others
};

/// When a TLS 1.2 client may send data after its own Finished and before it has the server's (RFC 7918). The server has
/// authenticated by then, so no other party can decrypt the data. Tampering with the handshake is detected later:
/// HandshakeDone means that there was none.
enum class FalseStart : std::uint8_t {
  off,           ///< data waits for HandshakeDone
  with_alpn,     ///< allowed if an application protocol was negotiated: such servers tolerate False Start
  without_alpn,  ///< allowed with and without an application protocol
};

/// The settings that clients and servers share. Every setter returns the builder. Setters throw std::bad_alloc if
/// memory runs out. build() throws nothing: it reports the first setting that is wrong and explains it, fails with
/// out_of_memory, or fails with provider_failed if the identity() of a verifier or credential source throws.
// test: interference: build() lets nothing out
// test: interference: build(): every allocation fails once
template <class Builder>
class CommonBuilder {
 public:
  Builder& versions(ProtocolVersion min, ProtocolVersion max);  ///< default: TLS 1.2 to TLS 1.3
  Builder& cipher_suites(std::vector<CipherSuite> suites);      ///< in order of preference; default: all
  /// The key exchange groups, in order of preference. Default: all that are implemented except secp521r1.
  Builder& groups(std::vector<NamedGroup> groups);
  /// The schemes that the peer may sign with, in order of preference. Default: all except ecdsa_secp521r1_sha512.
  Builder& signature_schemes(std::vector<SignatureScheme> schemes);
  Builder& alpn(std::vector<std::string> protocols);  ///< in order of preference, 1 to 255 bytes each; default: none
  /// The largest record plaintext that this side accepts (RFC 8449): 64 to 16385 bytes. Default: a client does not send
  /// the extension; a server answers it with the largest value that the version allows.
  Builder& record_size_limit(std::uint16_t bytes);
  Builder& padding(Padding padding);  ///< default: none; a block has at most 16384 bytes
  /// The largest content of a record that this side sends: 64 to 16384 bytes. Default: 16384.
  Builder& max_fragment(std::uint16_t bytes);
  /// The largest Certificate message that this side accepts: at most 16 MiB - 1. Default: 128 KiB.
  Builder& max_certificate_message(std::size_t bytes);
  Builder& key_log(KeyLog log);  ///< default: none
  /// Default: system_random(). `random` must outlive the config and its connections.
  Builder& random(Random& random);
  /// Default: system_clock(). `clock` must outlive the config and its connections.
  Builder& clock(const Clock& clock);
  /// Selects a cryptographic implementation by its name. For diagnosis.
  Builder& force_kernel(std::string name);
  /// TLS 1.2: whether the peer must support extended_main_secret (RFC 7627), which binds secrets to their handshake.
  /// Default: Require::if_offered, which serves peers without it (Go before 1.21, Java 8). A connection to such a peer
  /// has no exporters, and its session is neither stored nor resumed, because the attacks of RFC 7627 §1 need one of
  /// these. Require::always rejects such peers.
  Builder& extended_main_secret(Require policy);
  /// Allows PSKs without a key exchange (psk_ke, RFC 9846 §4.3.9). Anyone who learns the PSK later can then decrypt
  /// recorded connections. Default: off.
  Builder& psk_without_key_exchange(bool on);
  /// External PSKs (RFC 9257): keys that both sides received by other means. A client offers all that have the hash of
  /// one of its cipher suites; a server looks them up by their identities. A server with external PSKs still needs
  /// credentials, for clients that have no PSK. A server that requires client certificates uses no external PSK. At
  /// most 16, whose identities and contexts have at most 16 KiB together.
  Builder& external_psks(std::vector<std::shared_ptr<const ExternalPsk>> psks);
  /// The number of records under one TLS 1.3 key after which this side updates the key. Default and maximum: the limit
  /// of RFC 9846 §5.5.
  Builder& key_update_after(std::uint64_t records);
};

/// A client's configuration. A handle to immutable settings, cheap to copy.
class ClientConfig {
 public:
  class Builder;
  static Builder builder();
  /// Returns a builder that starts with the settings of this configuration, so that a few of them can be changed.
  [[nodiscard]] Builder rebuild() const;
  /// settings() and share() are internal to the stack; so is the type that they return.
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
  explicit Builder(const ClientConfig& config);  ///< does what ClientConfig::rebuild() does
  /// Copies the settings so far, so that `auto b = ClientConfig::builder().versions(...)` is a builder of its own.
  Builder(const Builder& other);
  Builder(Builder&&) noexcept;
  ~Builder();
  Builder& trust(std::shared_ptr<const ChainVerifier> verifier);         ///< mandatory
  Builder& credentials(std::shared_ptr<const CredentialSource> source);  ///< default: no client certificate
  /// Whether to withhold certificates that no authority named by the server has issued. If on, credential_list()
  /// selects no such certificate, and the server receives an empty Certificate message. Default: off. The client then
  /// sends the best match and the server decides: RFC 9846 §4.5.1.2 says only SHOULD, and many servers name too few
  /// authorities.
  Builder& authorities_bind(bool on);
  Builder& send_server_name(bool on);  ///< default: on; addresses are never sent
  // test: handshake: RFC 6066 §3: an address is verified but never sent
  Builder& compatibility_mode(bool on);  ///< RFC 9846 Appendix E.4; default: on
  /// The groups for which the first ClientHello holds a key share. Default: the first group. If the list is empty, the
  /// server requests a share for a group that it supports, which costs a round trip.
  Builder& key_shares(std::vector<NamedGroup> groups);
  /// The names of authorities that the ClientHello lists, in DER: at most 32 KiB together, with 2 bytes added per name.
  /// Default: none.
  Builder& certificate_authorities(std::vector<std::vector<std::uint8_t>> der_names);
  Builder& request_ocsp(bool on);  ///< requests a stapled OCSP response; default: on
  /// What a server must staple. Default: StaplePolicy::if_present. A server that receives no request need not staple,
  /// so without request_ocsp() build() fails if the policy is `require`, and every other policy means `ignore`.
  Builder& staples(StaplePolicy policy);
  Builder& request_scts(bool on);  ///< requests signed certificate timestamps; default: off
  Builder& grease(bool on);        ///< sends GREASE values (RFC 8701); default: off
  /// TLS 1.2. Default: off, because RFC 7918 §4 requires that the application opts in.
  Builder& false_start(FalseStart policy);
  /// Whether a TLS 1.2 server must answer renegotiation_info (RFC 5746). If a server does not, this handshake may be
  /// the second one of a connection that an attacker began. Default: Require::always.
  Builder& renegotiation_info(Require policy);
  /// Sends TLS_FALLBACK_SCSV (RFC 7507). For a second attempt with a lower versions() maximum, after a server failed to
  /// handle the first. A server that supports a higher version than that maximum then rejects the connection. Default:
  /// off.
  Builder& fallback_scsv(bool on);
  /// Where sessions are stored between connections. Default: no store; sessions are then not resumed. Configurations
  /// may share a store. Each finds only sessions whose peers were checked in the way that this configuration
  /// prescribes.
  Builder& sessions(std::shared_ptr<ClientSessionStore> store);
  Builder& tickets(bool on);  ///< accepts tickets in TLS 1.2; default: on; has an effect only with sessions()
  /// Each time that a session is resumed, lets the verifier judge the chain of the session's peer again. For verifiers
  /// whose verdicts may change. A refusal fails the handshake; early data may have been sent by then. Sessions of
  /// external_psks() have no chain. Default: off. In both cases a session expires with its chain if the verifier has
  /// reported when the chain expires.
  Builder& verify_resumed(bool on);
  /// TLS 1.2: ignores HelloRequest messages, which RFC 5246 §7.4.1.1 allows. Default: off. The client then answers with
  /// the warning no_renegotiation (§7.2.2), and the server decides whether to continue. In both cases the connection
  /// continues until a server has sent more than 32 HelloRequests without data between them. Then it fails with
  /// no_renegotiation.
  Builder& ignore_hello_requests(bool on);
  /// Offers early data if a session allows it; send_early() sends the data. Anyone who copies the data on its way can
  /// send it again. A server of this stack accepts it once; other servers may accept it more often. Default: off.
  // test: resumption13: the same flight again, to the same server
  Builder& early_data(bool on);
  /// The numbers of tickets that a TLS 1.3 server should send after a full handshake and after a resumption (RFC 9149).
  /// Default: the client sends no ticket_request.
  Builder& ticket_request(std::uint8_t new_session_count, std::uint8_t resumption_count);
  /// Fails with bad_config; the detail explains which setting is wrong.
  [[nodiscard]] Result<ClientConfig> build();

 private:
  friend class CommonBuilder<Builder>;
  [[nodiscard]] Result<ClientConfig> make();
  std::unique_ptr<ClientSettings> settings_;
  std::string forced_;
};

/// A server's configuration. A handle to immutable settings, cheap to copy.
class ServerConfig {
 public:
  class Builder;
  static Builder builder();
  /// Returns a builder that starts with the settings of this configuration, so that a few of them can be changed, for
  /// example after a certificate was renewed (tls/live_config.h). Both configurations share ticket keys, session cache
  /// and replay guard. One therefore accepts the sessions and early data of the other if the settings that these are
  /// bound to are the same: session_context(), client_auth(), client_staples(), signature_schemes().
  // test: live: tickets, session IDs and early data outlive a renewed certificate
  [[nodiscard]] Builder rebuild() const;
  /// settings() and share() are internal to the stack; so is the type that they return.
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
  explicit Builder(const ServerConfig& config);  ///< does what ServerConfig::rebuild() does
  /// Copies the settings so far, so that `auto b = ServerConfig::builder().versions(...)` is a builder of its own.
  Builder(const Builder& other);
  Builder(Builder&&) noexcept;
  ~Builder();
  Builder& credentials(std::shared_ptr<const CredentialSource> source);  ///< mandatory
  /// Default: ClientAuth::none. `verifier` is mandatory for `request` and `require`.
  Builder& client_auth(ClientAuth mode, std::shared_ptr<const ChainVerifier> verifier);
  /// The names of authorities that the CertificateRequest lists, in DER: at most 32 KiB together, with 2 bytes added
  /// per name. Default: none.
  Builder& client_authorities(std::vector<std::vector<std::uint8_t>> der_names);
  /// What clients must staple to their certificates. Default: StaplePolicy::ignore; the server then requests no
  /// staples. A client can staple in TLS 1.3 alone (RFC 9846 §4.5.1.1), so `require` rejects certificates that a client
  /// sends in TLS 1.2.
  Builder& client_staples(StaplePolicy policy);
  /// Whether a connection fails if the client offers application protocols and none of them is in alpn(). If off, or if
  /// alpn() is empty, no protocol is negotiated then. Default: on.
  Builder& require_alpn(bool on);
  /// Whether the server's preferences decide about cipher suites and groups. ChaCha20 comes first for clients that list
  /// it first. Default: on.
  Builder& prefer_server_order(bool on);
  Builder& retry_cookie(bool on);  ///< sends a cookie in every HelloRetryRequest; default: on
  /// Sends a HelloRetryRequest even if a key share is usable, so that the client proves its address. Needs
  /// retry_cookie. Default: off.
  Builder& always_retry(bool on);
  /// Stores TLS 1.2 sessions for resumption by Session ID. Default: none. Servers may share a cache.
  Builder& session_cache(std::shared_ptr<SessionCache> cache);
  /// Sends tickets to clients, in both versions. Default: none. Servers that share a sealer resume each other's
  /// sessions.
  Builder& tickets(std::shared_ptr<TicketSealer> sealer);
  /// The lifetime of sessions, both in the cache and in tickets: 1 second to 7 days. Default: 2 hours.
  Builder& ticket_lifetime(std::chrono::seconds lifetime);
  /// The number of tickets after a TLS 1.3 handshake, unless the client requests another number (RFC 9149): 0 to 16.
  /// Default: 2.
  Builder& new_tickets(std::uint8_t count);
  /// The name of this service, 0 to 255 bytes. Default: empty. Sessions are resumed only under the same context, by
  /// Session ID and by ticket, in both versions. Servers that share a cache or ticket keys resume each other's sessions
  /// for the same server name, whatever their certificates are. If services must not resume each other's sessions, give
  /// each a context of its own.
  Builder& session_context(std::string context);
  /// The largest leaf certificate of a client that tickets hold whole, in bytes of DER: 0 to 8192. Default: 2048. For a
  /// larger leaf a ticket holds a CertificateSummary. If the summary is larger than 4 KiB, the server sends no tickets.
  /// Session caches, and tickets that only name a session (single_use_tickets()), keep whole chains of up to 16 KiB.
  Builder& ticket_certificate(std::size_t bytes);
  /// Provides the application data that sessions store, in both versions. A connection that resumes a session finds the
  /// data in ConnectionInfo::session_data. In a ticket the data is encrypted and authenticated. It is as old as its
  /// session, anyone who has a ticket key can forge it, and it is not wiped. The server may accept early data before
  /// the application has examined session_data. An application that decides by session_data must therefore do so at the
  /// first EarlyData event. The handshake fails with misuse if `source` returns more than kMaxSessionData bytes.
  /// Default: a new session keeps the data of the session that was resumed.
  Builder& session_data(SessionData source);
  /// Each time that a session is about to be resumed, and before early data is accepted, lets the verifier of
  /// client_auth() judge the chain of the session's client again. The server makes a full handshake if the verifier
  /// refuses, or if the session holds no whole chain. Tickets hold no whole chain, unless they only name a session.
  /// OCSP responses are not stored. Default: off.
  Builder& verify_resumed(bool on);
  /// Accepts up to `bytes` of early data in each connection: at most 2^20. `guard` accepts each first flight once, and
  /// only if it arrives within `window` of its expected time (RFC 9846 §8): 1 ms to 60 s. Needs tickets(). Default:
  /// early data is rejected.
  // test: resumption13: the same flight again, to the same server
  Builder& early_data(std::uint32_t bytes, std::shared_ptr<ReplayGuard> guard,
                      Clock::Milliseconds window = Clock::Milliseconds(10'000));
  /// Fails with bad_config; the detail explains which setting is wrong.
  [[nodiscard]] Result<ServerConfig> build();

 private:
  friend class CommonBuilder<Builder>;
  [[nodiscard]] Result<ServerConfig> make();
  std::unique_ptr<ServerSettings> settings_;
  std::string forced_;
};

}  // namespace tls
