// A service whose configuration is replaced while clients come: everything of a generation carries its mark, so that a
// connection that saw parts of two would show it.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/pki.h"
#include "tls/tls.h"

namespace tls::test {

/// For programs without a test framework: a promise that does not hold ends them.
inline void demand(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}
template <class T>
T expect(Result<T> result, const std::string& what) {
  if (!result) throw std::runtime_error(what + ": " + result.error().message());
  return *std::move(result);
}

/// What a configuration has of its own: a certificate, the staple for it, the name of an authority that clients are
/// told of, and a limit.
struct Mark {
  std::vector<std::uint8_t> leaf, staple, authority;
  std::uint16_t record_size_limit = 0;
  CredentialPtr credential;
};

/// Made once; read by any thread.
class Service {
 public:
  static constexpr std::size_t kMarks = 16;
  static constexpr std::uint16_t kFirstLimit = 1000;

  Service() {
    for (std::size_t i = 0; i < kMarks; ++i) marks_.push_back(make_mark(i));
    for (const auto& issuer : clients_) {
      leaves_.push_back(
          sallyport::issue(issuer, sallyport::client_leaf("client of " + issuer.spec.common_name), key()));
      credentials_.push_back(
          expect(load_credential(leaves_.back().pem(), leaves_.back().key_pem()), "a client's certificate"));
    }
  }
  /// By the number of the configuration.
  [[nodiscard]] const Mark& mark(std::uint64_t generation) const { return marks_[generation % kMarks]; }
  /// Which mark it was, by the one sign that every handshake shows.
  [[nodiscard]] static std::optional<std::size_t> mark_of(const ConnectionInfo& of_client) {
    const std::size_t limit = of_client.peer_record_size_limit;
    return limit >= kFirstLimit && limit < kFirstLimit + kMarks ? std::optional(limit - kFirstLimit) : std::nullopt;
  }
  /// Gives `builder` all that is marked.
  ServerConfig::Builder& apply(std::uint64_t generation, ServerConfig::Builder& builder) const {
    const Mark& m = mark(generation);
    return builder.credentials(credential_list({m.credential}))
        .client_authorities({m.authority})
        .record_size_limit(m.record_size_limit);
  }

  /// Who lets clients in: those of the authorities whose numbers are given, 0 or 1.
  [[nodiscard]] std::shared_ptr<const ChainVerifier> clients_of(std::initializer_list<int> authorities) const {
    std::string roots;
    for (const int a : authorities) roots += clients_[static_cast<std::size_t>(a)].pem();
    return expect(with_memory(expect(trust_pem(roots), "roots of clients"), memory_), "what is known of clients");
  }
  /// The same for both authorities; by CRL `number` of the second its client is revoked, or nobody.
  [[nodiscard]] std::shared_ptr<const ChainVerifier> clients_by_crl(std::uint32_t number, bool revoked) const {
    const auto now = std::chrono::floor<std::chrono::seconds>(system_clock().wall()).count();
    sallyport::CrlSpec spec{.issuer = &clients_[1], .this_update = now - 60, .next_update = now + 86400};
    spec.number = number;
    if (revoked) spec.entries.push_back({.serial = leaves_[1].serial, .revoked_at = now - 60});
    CrlSet::Builder crls;
    (void)expect(crls.add(sallyport::to_pem("X509 CRL", sallyport::crl(spec))), "a CRL");
    return expect(with_crls(clients_of({0, 1}), crls.build()), "roots of clients with a CRL");
  }
  /// The client of authority 0 or 1.
  [[nodiscard]] const CredentialPtr& client(int authority) const {
    return credentials_[static_cast<std::size_t>(authority)];
  }
  /// A client that wants a staple, and asks for records that show the server's limit.
  [[nodiscard]] ClientConfig::Builder client_config(ProtocolVersion version, const CredentialPtr& credential) const {
    auto builder = ClientConfig::builder();
    builder.trust(server_roots_)
        .versions(version, version)
        .staples(StaplePolicy::require)
        .record_size_limit(16384)
        .credentials(credential_list({credential}));
    return builder;
  }

 private:
  [[nodiscard]] Mark make_mark(std::size_t number) const {
    const std::string name = "generation-" + std::to_string(number) + ".example";
    const auto leaf = authority_.leaf(sallyport::server_leaf(name, {"example.com", name}));
    const auto now = std::chrono::floor<std::chrono::seconds>(system_clock().wall()).count();
    Credential with = *expect(load_credential(leaf.pem() + authority_.intermediate.pem(), leaf.key_pem()), name);
    with.ocsp_response = sallyport::ocsp_response(authority_.intermediate, authority_.intermediate, leaf,
                                                  sallyport::OcspStatus::good, now - 60, now + 86400);
    return {.leaf = leaf.certificate,
            .staple = with.ocsp_response,
            .authority = sallyport::distinguished_name(name),
            .record_size_limit = static_cast<std::uint16_t>(kFirstLimit + number),
            .credential = std::make_shared<const Credential>(std::move(with))};
  }

  /// Of all generations: what one of them has accepted counts for none of the next.
  VerificationMemory memory_ = expect(VerificationMemory::create(), "a memory");
  Authority authority_;
  std::shared_ptr<const ChainVerifier> server_roots_ = expect(trust_pem(authority_.root.pem()), "the server's root");
  std::vector<sallyport::Issued> clients_ = {
      sallyport::self_signed(sallyport::authority("Clients 0"), key(sallyport::KeyType::ecdsa_p256, 3)),
      sallyport::self_signed(sallyport::authority("Clients 1"), key(sallyport::KeyType::ecdsa_p256, 4))};
  std::vector<Mark> marks_;
  std::vector<sallyport::Issued> leaves_;   // of clients, by their authority
  std::vector<CredentialPtr> credentials_;  // of clients, by their authority
};

/// A client's sessions: the one that is offered next. Of one thread.
struct Offer final : ClientSessionStore {
  std::optional<ClientSession> next;
  void put(const SessionKey&, ClientSession session) override { next = std::move(session); }
  std::optional<ClientSession> take(const SessionKey&, Clock::Milliseconds) override {
    auto session = next;
    if (session && session->single_use()) next.reset();
    return session;
  }
  void remove(const SessionKey&) override { next.reset(); }
};

/// One connection in memory, from the ClientHello to the end of the handshake on both sides, or a failure of either.
struct Meeting {
  std::optional<ClientConnection> client;
  ServerConnection server;
  Output to_server, to_client;
  bool client_done = false, server_done = false;
  std::size_t early_bytes = 0;  ///< that the server took
  std::optional<Error> client_error, server_error;

  explicit Meeting(ServerConnection s) : server(std::move(s)) {}

  /// `early`: sent as early data where a session allows it.
  static Meeting between(const ClientConfig& config, ServerConnection server, std::string_view early = {}) {
    Meeting m(std::move(server));
    m.client = expect(ClientConnection::start(config, "example.com", m.to_server), "the client");
    if (!early.empty() && m.client->early_data_left() >= early.size())
      (void)expect(m.client->send_early(as_bytes(early), m.to_server), "early data");
    std::vector<std::uint8_t> for_server, for_client;
    for (int turn = 0; turn < 50 && (!m.to_server.empty() || !m.to_client.empty()); ++turn) {
      move(m.to_server, for_server);
      m.settle(m.server, for_server, m.to_client, m.server_done, m.server_error, &m.early_bytes);
      move(m.to_client, for_client);
      m.settle(*m.client, for_client, m.to_server, m.client_done, m.client_error, nullptr);
    }
    return m;
  }
  [[nodiscard]] bool connected() const { return client_done && server_done && !client_error && !server_error; }

 private:
  static void move(Output& from, std::vector<std::uint8_t>& to) {
    to.insert(to.end(), from.bytes().begin(), from.bytes().end());
    from.consume(from.size());
  }
  static void settle(Connection& connection, std::vector<std::uint8_t>& in, Output& out, bool& done,
                     std::optional<Error>& error, std::size_t* early) {
    std::size_t used = 0;
    for (;;) {
      const Step step = connection.step(MutableBytes(in).subspan(used), out);
      used += step.consumed;
      if (const auto* failed = std::get_if<Failed>(&step.event)) error = failed->error;
      if (std::holds_alternative<NeedInput>(step.event) || error) break;
      if (std::holds_alternative<HandshakeDone>(step.event)) done = true;
      if (const auto* data = std::get_if<EarlyData>(&step.event); data != nullptr && early != nullptr)
        *early += data->bytes.size();
    }
    in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(used));
  }
};

}  // namespace tls::test
