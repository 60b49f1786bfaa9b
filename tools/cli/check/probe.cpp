#include "cli/check/probe.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <thread>

#include "cli/channel.h"
#include "cli/check/old_hello.h"
#include "cli/command.h"
#include "cli/host.h"
#include "crypto/group.h"
#include "crypto/signature.h"
#include "crypto/suite.h"
#include "pki/policy.h"
#include "pki/server_name.h"
#include "tls/adapters/socket.h"

namespace sallyport::cli::check {
namespace {

using std::chrono::milliseconds;
using Time = std::chrono::steady_clock::time_point;
using tls::ProtocolVersion;

template <class Id, class Table>
std::vector<Id> ids_of(const Table& table) {
  std::vector<Id> out;
  for (const auto& row : table) out.push_back(row.id);
  return out;
}

/// The sessions of one server, newest first out. For one thread.
class Kept : public tls::ClientSessionStore {
 public:
  void put(const tls::SessionKey&, tls::ClientSession session) override { sessions_.push_back(std::move(session)); }
  std::optional<tls::ClientSession> take(const tls::SessionKey&, tls::Clock::Milliseconds) override {
    if (sessions_.empty()) return std::nullopt;
    auto newest = std::move(sessions_.back());
    sessions_.clear();
    return newest;
  }
  void remove(const tls::SessionKey&) override { sessions_.clear(); }
  [[nodiscard]] bool empty() const noexcept { return sessions_.empty(); }
  [[nodiscard]] std::uint32_t early_data() const { return sessions_.empty() ? 0 : sessions_.back().max_early_data(); }

 private:
  std::vector<tls::ClientSession> sessions_;
};

/// For a server to end its side once we have ended ours, and bytes that it may still have sent meanwhile.
constexpr milliseconds kParting{200};
constexpr std::size_t kMostPieces = 64;  // of 4 KiB

/// The time is up, or the server does not answer any more: what was found so far is all there will be.
struct Stop {
  std::string why;
};

/// What one connection came to.
struct Outcome {
  std::optional<tls::Error> error;
  tls::ConnectionInfo info;
};

class Prober {
 public:
  Prober(const ProbeTarget& target, const ProbeLimits& limits, const std::function<void(const std::string&)>& progress)
      : target_(target), limits_(limits), progress_(progress), end_(std::chrono::steady_clock::now() + limits.server) {
    facts_.host = target.shown;
    (void)std::from_chars(target.port.data(), target.port.data() + target.port.size(), port_);
  }

  ServerFacts run() {
    try {
      look_at_13();
      if (!facts_.unreachable) look_at_12();
      if (!facts_.unreachable) look_at_old();
      if (!facts_.unreachable) look_again();
    } catch (const Stop& stop) {
      if (facts_.connections == 0)
        facts_.unreachable = tls::Error(tls::Code::timed_out, stop.why);
      else
        facts_.unfinished = stop.why;
    }
    return std::move(facts_);
  }

 private:
  void tell(const std::string& what) const { progress_(target_.shown + ": " + what); }

  /// A connected socket. Throws Stop where none comes about, but for the first.
  std::optional<tls::Socket> connect() {
    if (facts_.connections == limits_.connections)
      throw Stop{"more than " + std::to_string(limits_.connections) + " connections would be needed"};
    if (facts_.connections != 0) std::this_thread::sleep_for(limits_.pause);
    auto socket = facts_.connections == 0 ? connect_first() : connect_to(address_);
    if (!socket) {
      if (facts_.connections != 0) throw Stop{socket.error().message()};
      facts_.unreachable = socket.error();
      return std::nullopt;
    }
    ++facts_.connections;
    return std::move(*socket);
  }

  /// The first address that takes a connection. All others go there: of several machines behind a name one is looked
  /// at, and sessions of one are not offered to another.
  tls::Result<tls::Socket> connect_first() {
    const auto addresses = tls::resolve(target_.host, target_.port, false);
    if (!addresses) return std::unexpected(addresses.error());
    std::string why;
    for (const std::string& address : *addresses) {
      address_ = tls::display_address(address);
      auto socket = connect_to(address_);
      if (socket) {
        facts_.address = address_;
        return socket;
      }
      why += (why.empty() ? "" : "; ") + socket.error().detail();
    }
    return tls::fail(tls::Code::transport_failed, why.empty() ? "the host has no address" : why);
  }

  tls::Result<tls::Socket> connect_to(const std::string& address) const {
    std::string host, port;
    split_host(address, host, port);
    return tls::Socket::connect(host, port, std::min(limits_.connection, left_in_all()));
  }

  [[nodiscard]] milliseconds left_in_all() const {
    const auto left = std::chrono::duration_cast<milliseconds>(end_ - std::chrono::steady_clock::now());
    if (left.count() <= 0) throw Stop{"the time ran out (--timeout)"};
    return left;
  }

  tls::ClientConfig::Builder builder(ProtocolVersion version) {
    auto out = tls::ClientConfig::builder();
    // Whatever the chain is like, it is judged afterwards.
    out.versions(version, version).trust(tls::trust_anyone_insecurely()).staples(tls::StaplePolicy::ignore);
    out.groups(ids_of<tls::NamedGroup>(tls::crypto::all_groups()));
    out.signature_schemes(ids_of<tls::SignatureScheme>(tls::crypto::all_schemes()));
    if (facts_.no_secure_renegotiation) out.renegotiation_info(tls::Require::if_offered);
    return out;
  }

  static tls::ClientConfig built(tls::ClientConfig::Builder& builder) {
    auto config = builder.build();
    if (!config) throw Failure(kUsage, config.error().message());
    return *config;
  }

  /// One handshake. `wait_for`: tickets are waited for until this has one.
  std::optional<Outcome> shake_hands(const tls::ClientConfig& config, const Kept* wait_for = nullptr) {
    auto socket = connect();
    if (!socket) return std::nullopt;
    tls::Output first;
    auto connection = tls::ClientConnection::start(config, target_.name, tls::ClientStart{.port = port_}, first);
    if (!connection) throw Failure(kUsage, connection.error().message());
    Channel channel(std::move(*connection), std::move(*socket), std::move(first));
    auto done = channel.handshake(std::min(limits_.connection, left_in_all()));
    if (!done) {
      const tls::Error error = std::move(done).error();
      if (error.code() == tls::Code::timed_out && std::chrono::steady_clock::now() >= end_) (void)left_in_all();
      note(channel.info());
      return Outcome{error, channel.info()};
    }
    note(channel.info());
    if (wait_for != nullptr && channel.info().version == ProtocolVersion::tls13) wait(channel, *wait_for);
    Outcome out{std::nullopt, channel.info()};
    part(channel);
    return out;
  }

  void note(const tls::ConnectionInfo& info) {
    const auto& chain = info.peer_certificates.empty() ? info.unproven_certificates : info.peer_certificates;
    if (chain.empty() || info.resumed != tls::Resumption::none) return;
    for (ShownChain& known : facts_.chains)
      if (known.certificates == chain) {
        if (known.ocsp_response.empty()) known.ocsp_response = info.ocsp_response;
        return;
      }
    if (facts_.chains.size() == kMaxChains)
      throw Stop{"it shows more than " + std::to_string(kMaxChains) + " different chains"};
    facts_.chains.push_back({info.version, chain, info.ocsp_response});
  }

  /// Ends in order, so that the server keeps the session and complains of nobody: close_notify, and what it has still
  /// sent is read, for a socket that is closed with unread bytes resets the connection.
  void part(Channel& channel) const {
    if (!channel.close()) return;
    const int fd = channel.socket().fd();
    (void)::shutdown(fd, SHUT_WR);
    const Time until = std::min(end_, std::chrono::steady_clock::now() + kParting);
    std::array<std::uint8_t, 4096> ignored{};
    for (std::size_t pieces = 0; pieces < kMostPieces; ++pieces) {
      const auto left = std::chrono::duration_cast<milliseconds>(until - std::chrono::steady_clock::now());
      pollfd waiting{fd, POLLIN, 0};
      if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) return;
      if (::recv(fd, ignored.data(), ignored.size(), MSG_DONTWAIT) <= 0) return;
    }
  }

  void wait(Channel& channel, const Kept& store) {
    const Time until = std::min(end_, std::chrono::steady_clock::now() + limits_.ticket);
    bool readable = false;
    while (store.empty()) {
      const auto more = channel.read_some(readable);
      if (!more || (*more && (*more)->empty())) return;  // it has ended
      if (!store.empty()) return;
      const auto left = std::chrono::duration_cast<milliseconds>(until - std::chrono::steady_clock::now());
      pollfd waiting{channel.socket().fd(), POLLIN, 0};
      if (left.count() <= 0) return;
      const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
      if (ready == 0 || (ready < 0 && errno != EINTR)) return;
      readable = ready > 0;
    }
  }

  /// Silence is no answer, and there will be none the next time.
  static void stop_if_silent(const std::optional<Outcome>& outcome) {
    if (outcome && outcome->error && outcome->error->code() == tls::Code::timed_out)
      throw Stop{"the server does not answer: " + outcome->error->message()};
  }

  /// What the server answered where it goes on with this alone. A handshake that fails later says as much: for want of
  /// a client certificate, say.
  std::optional<tls::ConnectionInfo> takes(tls::ClientConfig::Builder config) {
    auto outcome = shake_hands(built(config));
    stop_if_silent(outcome);
    if (!outcome || outcome->info.version == ProtocolVersion{}) return std::nullopt;
    return std::move(outcome->info);
  }

  /// A full handshake, and what a second connection makes of its session.
  void begin(VersionFacts& facts, tls::ClientConfig::Builder config) {
    const auto store = std::make_shared<Kept>();
    config.sessions(store);
    const tls::ClientConfig made = built(config);
    auto first = shake_hands(made, store.get());
    if (!first) return;
    facts.info = std::move(first->info);
    facts.failure = first->error;
    facts.spoken = facts.info.version != ProtocolVersion{};
    stop_if_silent(first);
    if (!facts.spoken) return;
    facts.suites.push_back(facts.info.suite);
    if (facts.info.group) facts.groups.push_back(*facts.info.group);
    if (facts.failure) return;
    if (store->empty()) return;
    if (facts.info.version == ProtocolVersion::tls13) facts.early_data = store->early_data();
    resume(facts, made);
  }

  void resume(VersionFacts& facts, const tls::ClientConfig& made) {
    tell("resumption");
    const auto second = shake_hands(made);
    stop_if_silent(second);
    if (second && !second->error && second->info.resumed != tls::Resumption::none &&
        std::ranges::find(facts.resumed, second->info.resumed) == facts.resumed.end())
      facts.resumed.push_back(second->info.resumed);
  }

  void try_suites(VersionFacts& facts, ProtocolVersion version) {
    tell("suites of " + std::string(tls::name(version)));
    for (const auto& row : tls::crypto::all_suites()) {
      if (row.version != version || std::ranges::find(facts.suites, row.id) != facts.suites.end()) continue;
      const auto info = takes(builder(version).cipher_suites({row.id}));
      if (info && info->suite == row.id) facts.suites.push_back(row.id);
    }
  }

  void try_groups(VersionFacts& facts, ProtocolVersion version) {
    tell("groups of " + std::string(tls::name(version)));
    for (const auto& row : tls::crypto::all_groups()) {
      if (std::ranges::find(facts.groups, row.id) != facts.groups.end()) continue;
      if (takes_group(facts, version, row.id)) facts.groups.push_back(row.id);
    }
  }

  /// A server with several leaves chooses by the signatures that are offered (RFC 9846 §4.5.1.2): note() sees what it
  /// shows. In TLS 1.2 the suites say as much.
  void try_signatures() {
    tell("leaves for RSA and for ECDSA");
    std::vector<tls::SignatureScheme> rsa, ecdsa;
    for (const auto& row : tls::crypto::all_schemes()) {
      if (row.key == tls::KeyKind::rsa || row.key == tls::KeyKind::rsa_pss) rsa.push_back(row.id);
      if (tls::crypto::curve_of(row.key)) ecdsa.push_back(row.id);
    }
    for (auto& schemes : {rsa, ecdsa}) (void)takes(builder(ProtocolVersion::tls13).signature_schemes(schemes));
  }

  /// In TLS 1.2 an ECDSA leaf has to be on one of the curves that are offered (RFC 8422 §5.1): that one is offered as
  /// well, behind the group. A server that prefers it all the same is not known to have the group.
  bool takes_group(const VersionFacts& facts, ProtocolVersion version, tls::NamedGroup group) {
    const tls::CertificateChain& chain =
        facts.failure ? facts.info.unproven_certificates : facts.info.peer_certificates;
    const auto leaf = chain.empty() ? tls::Result<tls::pki::Certificate>(tls::fail(tls::Code::bad_certificate))
                                    : tls::pki::parse_certificate(chain.front());
    const auto kind = leaf ? tls::pki::key_kind(*leaf) : std::nullopt;
    const auto curve = kind ? tls::crypto::curve_of(*kind) : std::nullopt;
    std::vector<tls::NamedGroup> offer{group};
    if (version == ProtocolVersion::tls12 && curve && *curve != group) offer.push_back(*curve);
    const auto info = takes(builder(version).groups(std::move(offer)));
    return info && info->group == group;
  }

  void look_at_13() {
    tell("TLS 1.3");
    begin(facts_.tls13, builder(ProtocolVersion::tls13));
    if (!facts_.tls13.spoken) return;
    try_suites(facts_.tls13, ProtocolVersion::tls13);
    try_groups(facts_.tls13, ProtocolVersion::tls13);
    try_signatures();
  }

  void look_at_12() {
    tell("TLS 1.2");
    begin(facts_.tls12, builder(ProtocolVersion::tls12));
    if (facts_.tls12.failure && facts_.tls12.failure->code() == tls::Code::no_secure_renegotiation) {
      facts_.no_secure_renegotiation = true;  // and builder() does without
      facts_.tls12 = {};
      begin(facts_.tls12, builder(ProtocolVersion::tls12));
    }
    if (!facts_.tls12.spoken) return;
    // A server that gives tickets may keep sessions by ID as well, for clients that take none.
    if (!facts_.tls12.failure &&
        std::ranges::find(facts_.tls12.resumed, tls::Resumption::session_id) == facts_.tls12.resumed.end()) {
      VersionFacts by_id;
      begin(by_id, builder(ProtocolVersion::tls12).tickets(false));
      for (const tls::Resumption way : by_id.resumed) facts_.tls12.resumed.push_back(way);
    }
    try_suites(facts_.tls12, ProtocolVersion::tls12);
    if (!facts_.tls13.spoken) try_groups(facts_.tls12, ProtocolVersion::tls12);
  }

  void look_at_old() {
    tell("weak suites and older versions");
    for (const OldOffer offer : {OldOffer::forbidden, OldOffer::no_forward_secrecy, OldOffer::broken_cipher,
                                 OldOffer::finite_field, OldOffer::cbc})
      if (const auto suite = ask(offer))
        (offer == OldOffer::forbidden ? facts_.forbidden_suites : facts_.weak_suites)
            .push_back(tls::registered_name(static_cast<tls::CipherSuite>(*suite)));
    if (ask(OldOffer::tls10)) facts_.old_versions.emplace_back("TLS 1.0");
    if (ask(OldOffer::tls11)) facts_.old_versions.emplace_back("TLS 1.1");
  }

  /// Who is tired of us hangs up, as one does who has not what he is asked for. So he is asked once more for what he
  /// has.
  void look_again() {
    if (!facts_.tls13.spoken && !facts_.tls12.spoken) return;
    tell("whether it still answers");
    if (!takes(builder(facts_.tls13.spoken ? ProtocolVersion::tls13 : ProtocolVersion::tls12)))
      throw Stop{"the server no longer takes what it took at first, so what it refused before may be there"};
  }

  /// The suite with which the server would go on.
  std::optional<std::uint16_t> ask(OldOffer offer) {
    auto socket = connect();
    if (!socket) return std::nullopt;
    const Time until = std::chrono::steady_clock::now() + std::min(limits_.connection, left_in_all());
    const auto name = tls::pki::ServerName::parse(target_.name);
    const auto hello = old_hello(offer, name && !name->is_address() ? name->text() : "", tls::system_random());
    if (::send(socket->fd(), hello.data(), hello.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(hello.size()))
      return std::nullopt;
    std::array<std::uint8_t, kMostOfAnswer> answer{};
    for (std::size_t have = 0; have < answer.size();) {
      const auto left = std::chrono::duration_cast<milliseconds>(until - std::chrono::steady_clock::now());
      if (left.count() <= 0 || !socket->timeouts(left, left)) throw Stop{"the server does not answer in time"};
      const ssize_t n = ::recv(socket->fd(), answer.data() + have, answer.size() - have, 0);
      if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) continue;
      if (n <= 0) return std::nullopt;
      have += static_cast<std::size_t>(n);
      const OldAnswer read = read_old_answer(tls::Bytes(answer).first(have), offer);
      if (!read.complete) continue;
      if (!read.accepted) return std::nullopt;
      // That was all: user_canceled, close_notify (RFC 5246 §7.2).
      constexpr std::uint8_t kNoMore[] = {21, 3, 1, 0, 2, 1, 90, 21, 3, 1, 0, 2, 1, 0};
      (void)!::send(socket->fd(), kNoMore, sizeof kNoMore, MSG_NOSIGNAL);
      return read.suite;
    }
    return std::nullopt;
  }

  const ProbeTarget& target_;
  const ProbeLimits limits_;
  const std::function<void(const std::string&)>& progress_;
  const Time end_;
  std::uint16_t port_ = 0;
  std::string address_;  // to which connections go
  ServerFacts facts_;
};

}  // namespace

ServerFacts probe(const ProbeTarget& target, const ProbeLimits& limits,
                  const std::function<void(const std::string&)>& progress) {
  return Prober(target, limits, progress).run();
}

}  // namespace sallyport::cli::check
