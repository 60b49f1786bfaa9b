#include "fuzz/machine_targets.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "crypto/keys.h"
#include "crypto/software_key.h"
#include "handshake/certificates.h"
#include "handshake/key_schedule13.h"
#include "handshake/settings.h"
#include "record/opener.h"
#include "record/sealer.h"
#include "support/environment.h"
#include "support/hex.h"
#include "tls/connection.h"
#include "tls/session_stores.h"
#include "tls/ticket_keys.h"

namespace tls::fuzz {
namespace {

using record::ContentType;

constexpr std::uint8_t kAsItIs = 0x80;  // of a content type in an input
constexpr std::string_view kTicketKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
constexpr std::size_t kMaxSteps = 100000, kMaxOutput = 1 << 20;

// Identities of their own, so that sessions fit every side of this kind, and seeds are the same in every process.
struct AnyChain final : ChainVerifier {
  std::string identity() const override { return "any chain"; }
  Answer<ChainAccepted> verify(const ChainToVerify&) const override { return ChainAccepted{}; }
};
struct One final : CredentialSource {
  std::string identity() const override { return "one"; }
  CredentialPtr credential;
  Answer<CredentialPtr> choose(const CredentialRequest&) const override { return credential; }
};
std::shared_ptr<const CredentialSource> source() {
  static const auto& one = *new std::shared_ptr<const One>([] {
    Credential c;
    c.chain = {test::unhex(test::kEd25519Certificate)};
    c.key = *crypto::software_key(test::unhex(test::kEd25519.pkcs8));
    auto made = std::make_shared<One>();
    made->credential = std::make_shared<const Credential>(std::move(c));
    return made;
  }());
  return one;
}

/// What a handshake can be; the input's first byte, bit by bit. In TLS 1.2 `retry` is a client that starts falsely and
/// `plain_hello` a server that gives tickets; in TLS 1.3 `resumed` is a client with a session and early data to send,
/// and a server that can open its ticket.
enum Shape : unsigned { retry = 1, client_auth = 2, plain_hello = 4, extras = 8, resumed = 16 };
constexpr unsigned shapes(ProtocolVersion v) { return v == ProtocolVersion::tls13 ? 32 : 16; }
constexpr std::uint32_t kMaxEarlyData = 1024;
constexpr std::string_view kEarly = "early data";

/// Gives the session that it was made with, again and again, and shows the last that was kept.
struct OneSession final : ClientSessionStore {
  std::optional<ClientSession> session;
  explicit OneSession(std::optional<ClientSession> s = {}) : session(std::move(s)) {}
  void put(const SessionKey&, ClientSession s) override {
    if (!session) session = std::move(s);
  }
  std::optional<ClientSession> take(const SessionKey&, Clock::Milliseconds) override { return session; }
  void remove(const SessionKey&) override {}
};
/// Every first flight is fresh, by a clock that all sides have.
struct Trusting final : ReplayGuard {
  const Clock& clock;
  explicit Trusting(const Clock& c) : clock(c) {}
  std::optional<Stamp> stamp() const override { return Stamp{7, clock.monotonic()}; }
  Answer<ReplayVerdict> claim(const ReplayToken&, Clock::Milliseconds) override { return ReplayVerdict::fresh; }
};
ClientSession session_for(unsigned shape);

/// One side with fixed randomness and time, and the secrets that it logs.
struct Side {
  test::SeededRandom random;
  test::FakeClock clock;
  std::map<std::string, ByteVector, std::less<>> secrets;
  const ProtocolVersion version;
  std::size_t early = 0;  // bytes of early data that it took
  bool rejected = false;  // its own came back
  std::unique_ptr<Connection> connection;
  Output out;

  Side(std::uint64_t seed, ProtocolVersion v) : random(seed), version(v) {}
  [[nodiscard]] bool is13() const { return version == ProtocolVersion::tls13; }
  void log(std::string_view line) {
    secrets[std::string(line.substr(0, line.find(' ')))] = test::unhex(line.substr(line.rfind(' ') + 1));
  }
  template <class Builder>
  void prepare(Builder& b, unsigned shape) {
    b.random(random).clock(clock).versions(version, version);
    b.key_log([this](std::string_view line) { log(line); });
    b.cipher_suites({is13() ? CipherSuite::TLS_CHACHA20_POLY1305_SHA256
                            : CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256});
    if (shape & extras) b.alpn({"h2"}).record_size_limit(4000).padding({.block = 64});
  }
};
struct Client : Side {
  Client(unsigned shape, ProtocolVersion v, std::shared_ptr<ClientSessionStore> sessions = {}) : Side(1, v) {
    auto builder = ClientConfig::builder();
    prepare(builder, shape);
    builder.trust(std::make_shared<AnyChain>()).credentials(source());
    builder.groups({NamedGroup::secp256r1, NamedGroup::x25519});
    builder.key_shares({shape & retry ? NamedGroup::secp256r1 : NamedGroup::x25519});
    if (!is13() && (shape & retry)) builder.false_start(FalseStart::without_alpn);
    if (!is13() && (shape & plain_hello)) builder.sessions(memory_client_sessions());
    if (shape & resumed) sessions = std::make_shared<OneSession>(session_for(shape & ~resumed));
    if (sessions) builder.sessions(sessions).early_data(true);
    builder.compatibility_mode(!(shape & plain_hello)).grease(shape & extras);
    auto client = std::make_unique<ClientConnection>(*ClientConnection::start(*builder.build(), "example.com", out));
    if (shape & resumed)
      require(client->send_early(as_bytes(kEarly), out) == kEarly.size(), "a session that allows no early data");
    connection = std::move(client);
  }
};
struct Server : Side {
  Server(unsigned shape, ProtocolVersion v, bool gives_tickets = false) : Side(2, v) {
    auto builder = ServerConfig::builder();
    prepare(builder, shape);
    builder.credentials(source()).groups({NamedGroup::x25519});
    if (!is13() && (shape & plain_hello)) builder.tickets(*TicketKeys::make(test::unhex(kTicketKey)));
    if (gives_tickets || (shape & resumed)) {
      builder.tickets(*TicketKeys::make(test::unhex(kTicketKey)));
      builder.early_data(kMaxEarlyData, std::make_shared<Trusting>(clock));
    }
    if (shape & client_auth) builder.client_auth(ClientAuth::request, std::make_shared<AnyChain>());
    connection = std::make_unique<ServerConnection>(ServerConnection::start(*builder.build()));
  }
};

/// The keys under which a side's peer writes now, from the secrets that the side itself logged.
class PeerKeys {
 public:
  PeerKeys(const Side& side, bool peer_is_client) : side_(side), client_(peer_is_client) {}
  record::Sealer& sealer() {
    const std::string prefix = client_ ? "CLIENT_" : "SERVER_";
    // A client's early data, where the server takes it, reaches to its EndOfEarlyData.
    const std::string_view early = "CLIENT_EARLY_TRAFFIC_SECRET";
    if (client_ && !early_is_over_ && side_.secrets.contains(early)) {
      if (label_ != early) install(side_.secrets.find(early)->second);
      label_ = early;
      return sealer_;
    }
    // A server's first data key is in force once its Finished is out, a client's once the server took its Finished.
    const bool application =
        client_ ? side_.connection->established() : side_.secrets.contains(prefix + "TRAFFIC_SECRET_0");
    const std::string label = prefix + (application ? "TRAFFIC_SECRET_0" : "HANDSHAKE_TRAFFIC_SECRET");
    if (const auto it = side_.secrets.find(label); it != side_.secrets.end() && label != label_) {
      label_ = label;
      install(it->second);
    }
    return sealer_;
  }
  /// The peer wrote an EndOfEarlyData.
  void end_early_data() { early_is_over_ = early_is_over_ || label_.starts_with("CLIENT_EARLY"); }
  /// The peer wrote a KeyUpdate.
  void next_generation() {
    if (!label_.ends_with("TRAFFIC_SECRET_0")) return;
    const handshake::TrafficSecret next = handshake::next_generation(hash(), handshake::TrafficSecret(secret_));
    install({next.expose().begin(), next.expose().end()});
  }

 private:
  static const crypto::Provider& provider() {
    static const crypto::Provider best = crypto::Provider::best();
    return best;
  }
  static const crypto::HashImpl& hash() { return provider().hash(crypto::HashId::sha256); }
  void install(ByteVector secret) {
    secret_ = std::move(secret);
    sealer_.install(record::tls13_protection(hash(), provider().aead(crypto::AeadId::chacha20_poly1305), secret_));
  }
  const Side& side_;
  bool client_, early_is_over_ = false;
  std::string label_;
  ByteVector secret_;
  record::Sealer sealer_;
};

/// Gives what arrived to the connection until it wants more, and checks what must hold after every step.
void take(Side& side, ByteVector& arrived, std::size_t& steps) {
  bool failed = false, done = side.connection->established();
  for (;;) {
    require(++steps < kMaxSteps, "a connection that never rests");
    const Step step = side.connection->step(arrived, side.out);
    require(step.consumed <= arrived.size(), "more was consumed than there was");
    const bool idle = step.consumed == 0;
    arrived.erase(arrived.begin(), arrived.begin() + static_cast<std::ptrdiff_t>(step.consumed));
    require(!failed || std::holds_alternative<Failed>(step.event), "a failed connection came to life again");
    require(side.out.size() < kMaxOutput, "an answer without bound");
    if (const auto* failure = std::get_if<Failed>(&step.event)) {
      require(!failed || idle || arrived.empty(), "a failed connection keeps its input");
      const Code code = failure->error.code();
      require(code != Code::internal_error && code != Code::misuse, failure->error.message());
      require(failure->error.alert() || code == Code::peer_alert, "a failure without an alert");
      if (failed || arrived.empty()) return;
      failed = true;
      continue;
    }
    if (std::holds_alternative<HandshakeDone>(step.event)) {
      require(!done, "the handshake was done twice");
      done = true;
      require(side.connection->established(), "done, but not established");
      require(side.connection->info().version == side.version, "another version than was configured");
    }
    if (std::holds_alternative<AppData>(step.event)) require(done, "data before the handshake was done");
    if (const auto* data = std::get_if<EarlyData>(&step.event)) {
      require(!done, "early data after the handshake");
      require((side.early += data->bytes.size()) <= kMaxEarlyData, "more early data than is allowed");
    }
    if (const auto* back = std::get_if<EarlyDataRejected>(&step.event)) {
      require(!done && !side.rejected && as_text(back->bytes) == kEarly,
              "early data that comes back otherwise than sent");
      side.rejected = true;
    }
    require(!std::holds_alternative<Await>(step.event), "no operation takes time here");
    if (std::holds_alternative<NeedInput>(step.event) || std::holds_alternative<PeerClosed>(step.event)) return;
  }
}

void run(Side& side, bool peer_is_client, std::size_t piece, Bytes input) {
  PeerKeys keys(side, peer_is_client);
  ByteVector arrived;
  std::size_t steps = 0;
  while (input.size() >= 3) {
    const std::uint8_t type = input[0];
    const std::size_t size = std::min<std::size_t>(std::size_t{input[1]} << 8 | input[2], input.size() - 3);
    const Bytes content = input.subspan(3, size);
    input = input.subspan(3 + size);
    Output records;
    if (type & kAsItIs) {
      records.append(content);
    } else if (type == static_cast<std::uint8_t>(ContentType::change_cipher_spec)) {
      keys.sealer().send_plain(ContentType::change_cipher_spec, content, records);
    } else {
      if (content.empty()) {
        if (!keys.sealer().seal(static_cast<ContentType>(type), content, records)) return;
      } else if (!keys.sealer().seal_all(static_cast<ContentType>(type), content, records)) {
        return;
      }
      if (type == static_cast<std::uint8_t>(ContentType::handshake) && content.size() == 5 && content[0] == 24)
        keys.next_generation();
      if (type == static_cast<std::uint8_t>(ContentType::handshake) && content.size() == 4 && content[0] == 5)
        keys.end_early_data();
    }
    Bytes rest = records.bytes();
    do {
      const std::size_t n = piece == 0 ? rest.size() : std::min(piece, rest.size());
      arrived.insert(arrived.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(n));
      rest = rest.subspan(n);
      take(side, arrived, steps);
    } while (!rest.empty());
  }
  const Step end = side.connection->transport_closed();
  require(std::holds_alternative<Failed>(end.event) || std::holds_alternative<PeerClosed>(end.event),
          "the end of the transport went unnoticed");
}

// ---- seeds --------------------------------------------------------------------------------------------------------

void add(ByteVector& seed, ContentType type, Bytes content) {
  Writer w(seed);
  w.u8(static_cast<std::uint8_t>(type));
  w.vector16(content);
}

/// What `from` wrote, opened with the secrets that it logged, as an input for the other side.
class Recorder {
 public:
  Recorder(const Side& from, bool from_client) : keys_(from.secrets), client_(from_client), is13_(from.is13()) {}
  void record(Bytes records, ByteVector& seed) {
    ByteVector bytes(records.begin(), records.end());
    MutableBytes rest = bytes;
    while (!rest.empty()) {
      const std::size_t size = 5 + (std::size_t{rest[3]} << 8 | rest[4]);
      open(rest.first(size), seed);
      rest = rest.subspan(size);
    }
  }

 private:
  void open(MutableBytes bytes, ByteVector& seed) {
    if (!is13_) {  // under its keys as it is: with the same randomness both sides have them again
      const auto type = static_cast<ContentType>(bytes[0]);
      add(seed, protected_ ? static_cast<ContentType>(kAsItIs) : type, protected_ ? bytes : bytes.subspan(5));
      protected_ |= type == ContentType::change_cipher_spec;
      return;
    }
    if (bytes[0] != static_cast<std::uint8_t>(ContentType::application_data))
      return add(seed, static_cast<ContentType>(bytes[0]), bytes.subspan(5));
    static constexpr std::array<std::string_view, 3> kLabels{"EARLY_TRAFFIC_SECRET", "HANDSHAKE_TRAFFIC_SECRET",
                                                             "TRAFFIC_SECRET_0"};
    for (;;) {  // the first one under the next key does not open under this one
      if (protected_) {
        ByteVector copy(bytes.begin(), bytes.end());
        if (const auto opened = opener_.open(*opener_.frame(copy))) return add(seed, opened->type, opened->content);
      }
      if (next_ == 0 && !(client_ && keys_.contains("CLIENT_EARLY_TRAFFIC_SECRET"))) ++next_;
      require(next_ < kLabels.size(), "a seed's record cannot be opened");
      install(kLabels[next_++]);
    }
  }
  void install(std::string_view label) {
    const auto it = keys_.find((client_ ? "CLIENT_" : "SERVER_") + std::string(label));
    require(it != keys_.end(), "a seed's secret is missing");
    const crypto::Provider provider = crypto::Provider::best();
    opener_.install(record::tls13_protection(provider.hash(crypto::HashId::sha256),
                                             provider.aead(crypto::AeadId::chacha20_poly1305), it->second));
    protected_ = true;
  }
  const std::map<std::string, ByteVector, std::less<>>& keys_;
  bool client_, is13_, protected_ = false;
  std::size_t next_ = 0;  // of the labels
  record::Opener opener_;
};

/// Between two sides until both are silent.
template <class Up, class Down>
void exchange(Client& client, Server& server, const Up& up_seen, const Down& down_seen) {
  std::size_t steps = 0;
  while (!client.out.empty() || !server.out.empty()) {
    ByteVector up(client.out.bytes().begin(), client.out.bytes().end());
    client.out.consume(up.size());
    up_seen(up);
    take(server, up, steps);
    ByteVector down(server.out.bytes().begin(), server.out.bytes().end());
    server.out.consume(down.size());
    down_seen(down);
    take(client, down, steps);
  }
}

/// What a handshake of that shape leaves behind. The same in every process.
ClientSession session_for(unsigned shape) {
  static std::map<unsigned, ClientSession> made;
  if (const auto it = made.find(shape); it != made.end()) return it->second;
  const auto store = std::make_shared<OneSession>();
  Client client(shape, ProtocolVersion::tls13, store);
  Server server(shape, ProtocolVersion::tls13, true);
  const auto nothing = [](const ByteVector&) {};
  exchange(client, server, nothing, nothing);
  require(store->session.has_value(), "a handshake that leaves no session");
  return made.emplace(shape, *store->session).first->second;
}

/// A whole handshake with data and an end, as both sides wrote it: inputs for the client and for the server.
std::pair<ByteVector, ByteVector> seeds(unsigned shape, ProtocolVersion version) {
  Client client(shape, version);
  Server server(shape, version);
  ByteVector for_client{static_cast<std::uint8_t>(shape), 0}, for_server{static_cast<std::uint8_t>(shape), 0};
  Recorder of_client(client, true), of_server(server, false);
  const auto both = [&] {
    exchange(
        client, server, [&](const ByteVector& up) { of_client.record(up, for_server); },
        [&](const ByteVector& down) { of_server.record(down, for_client); });
  };
  both();
  require(client.connection->established() && server.connection->established(), "a seed's handshake failed");
  if (version == ProtocolVersion::tls13 && (shape & resumed)) {
    require(client.connection->info().resumed == Resumption::psk, "a seed that does not resume");
    require((server.early == kEarly.size()) == !(shape & retry), "a seed's early data");
  }
  for (Side* side : {static_cast<Side*>(&client), static_cast<Side*>(&server)}) {
    require(side->connection->send(as_bytes("data"), side->out).has_value(), "a seed's data");
  }
  both();
  if (!client.is13()) return {for_client, for_server};
  constexpr std::uint8_t kUpdate[] = {24, 0, 0, 1, 1}, kClose[] = {1, 0};
  for (ByteVector* seed : {&for_client, &for_server}) {
    add(*seed, ContentType::handshake, kUpdate);
    add(*seed, ContentType::application_data, as_bytes("more"));
    add(*seed, ContentType::alert, kClose);
  }
  return {for_client, for_server};
}

template <class S>
void fuzz(Bytes input, ProtocolVersion version, bool peer_is_client) {
  if (input.size() < 2) return;
  S side(input[0] % shapes(version), version);
  run(side, peer_is_client, input[1], input.subspan(2));
}

std::vector<std::pair<ByteVector, ByteVector>> all_seeds(ProtocolVersion version) {
  std::vector<std::pair<ByteVector, ByteVector>> all;
  for (unsigned shape = 0; shape < shapes(version); ++shape) all.push_back(seeds(shape, version));
  return all;
}
std::vector<ByteVector> for_clients(ProtocolVersion version) {
  std::vector<ByteVector> inputs;
  for (auto& pair : all_seeds(version)) inputs.push_back(std::move(pair.first));
  return inputs;
}
std::vector<ByteVector> for_servers(ProtocolVersion version) {
  std::vector<ByteVector> inputs;
  for (auto& pair : all_seeds(version)) inputs.push_back(std::move(pair.second));
  return inputs;
}

}  // namespace

void client13(Bytes input) { fuzz<Client>(input, ProtocolVersion::tls13, false); }
void server13(Bytes input) { fuzz<Server>(input, ProtocolVersion::tls13, true); }
void client12(Bytes input) { fuzz<Client>(input, ProtocolVersion::tls12, false); }
void server12(Bytes input) { fuzz<Server>(input, ProtocolVersion::tls12, true); }

std::vector<ByteVector> client13_seeds() { return for_clients(ProtocolVersion::tls13); }
std::vector<ByteVector> server13_seeds() { return for_servers(ProtocolVersion::tls13); }
std::vector<ByteVector> client12_seeds() { return for_clients(ProtocolVersion::tls12); }
std::vector<ByteVector> server12_seeds() { return for_servers(ProtocolVersion::tls12); }

}  // namespace tls::fuzz
