// A key server, and callers that want more than they may.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "crypto/signature.h"
#include "keyserver/running.h"
#include "support/environment.h"

using namespace tls;
using namespace tls::test;

namespace {

const std::string kHash = "hash=abababababababab ";

/// What the answer's signature verifies with, for the key that `software()` gives.
bool verifies(const std::optional<std::vector<std::uint8_t>>& answer, const Parts& parts,
              sallyport::KeyType type = sallyport::KeyType::ecdsa_p256) {
  REQUIRE(said(answer) == "signature");
  Bytes in(*answer);
  const auto frame = keys::next_frame(in, keys::kMaxAnswer);
  const auto reply = keys::parse_reply(**frame);
  const auto content = keys::content_to_sign(parts.view());
  REQUIRE(content);
  const auto public_key = crypto::PublicKey::from_spki(key(type)->spki());
  REQUIRE(public_key);
  return public_key->verify(parts.scheme, *content, std::get<keys::Signature>(*reply).bytes, parts.version).has_value();
}

/// What another user gets to read of the server: "nothing" when it closes, "refused" when the system lets nobody in.
/// Forks, and so calls little in the child.
std::string as_another_user(const std::string& path, const std::vector<std::uint8_t>& request) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  std::copy(path.begin(), path.end(), address.sun_path);
  constexpr uid_t kNobody = 65534;
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) ::_exit(9);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) ::_exit(2);
    static_cast<void>(::send(fd, request.data(), request.size(), MSG_NOSIGNAL));
    std::uint8_t byte = 0;
    ::_exit(::recv(fd, &byte, 1, 0) > 0 ? 1 : 0);
  }
  int state = 0;
  REQUIRE(::waitpid(child, &state, 0) == child);
  REQUIRE(WIFEXITED(state));
  switch (WEXITSTATUS(state)) {
    case 0:
      return "nothing";
    case 1:
      return "an answer";
    case 2:
      return "refused";
    default:
      return "failed";
  }
}

}  // namespace

TEST_CASE("a key server signs handshakes of both versions and roles, and writes down each") {
  RunningKeys keys;
  keys.start();
  RawCaller caller(keys.options.path);
  struct Row {
    Parts parts;
    std::string_view key, line;
  };
  const Row rows[] = {
      {parts13(), "web",
       "key=web role=server version=1.3 scheme=ecdsa_secp256r1_sha256 hash=abababababababab verdict=signed"},
      {parts12(), "web", "key=web role=server version=1.2 scheme=ecdsa_secp256r1_sha256 hash="},
      {parts13(48, false), "client", "key=client role=client version=1.3 scheme=ecdsa_secp256r1_sha256 hash=ab"},
      {parts12_client(), "client", "key=client role=client version=1.2 scheme=ecdsa_secp256r1_sha256 hash="},
  };
  for (const Row& row : rows) {
    caller.write(request_frame(row.parts, row.key));
    CHECK(verifies(caller.read(), row.parts));
    const std::string line = keys.audit->copy().back();
    CAPTURE(line);
    CHECK(line.find(row.line) != std::string::npos);
    CHECK(line.find(" uid=" + std::to_string(::geteuid()) + " pid=" + std::to_string(::getpid()) + " ") !=
          std::string::npos);
    CHECK(line.ends_with(" verdict=signed"));
  }
  CHECK(keys.audit->copy().size() == std::size(rows));
}

TEST_CASE("requests that come in one piece, and in pieces of one byte, are answered in their order") {
  RunningKeys keys;
  keys.start();
  RawCaller caller(keys.options.path);
  std::vector<std::uint8_t> all;
  for (std::uint32_t id = 1; id <= 3; ++id) {
    const auto one = request_frame(parts13(), "web", id);
    all.insert(all.end(), one.begin(), one.end());
  }
  const auto check = [&] {
    for (std::uint8_t id = 1; id <= 3; ++id) {
      const auto answer = caller.read();
      CHECK(said(answer) == "signature");
      CHECK((*answer)[keys::kLengthBytes + 5] == id);
    }
  };
  caller.write(all);
  check();
  for (const std::uint8_t byte : all) caller.write({&byte, 1});
  check();
}

TEST_CASE("what is no handshake is refused, and nothing of it is signed") {
  RunningKeys keys;
  keys.start();
  const auto& path = keys.options.path;
  Parts wrong_hash = parts13(20), wrong_point = parts12(), wrong_messages = parts12_client({1, 2, 16});
  wrong_point.parameters = ecdh_parameters(0x0017, 64);
  CHECK(ask(path, wrong_hash) == "content");
  CHECK(ask(path, parts13(64)) == "content");  // SHA-512 is no hash of a suite
  CHECK(ask(path, wrong_point) == "content");
  CHECK(ask(path, wrong_messages, "client") == "content");
  // Arbitrary bytes where the messages of a client would be: that is what an oracle would sign.
  Parts any = parts12_client();
  any.message.assign(200, 'x');
  CHECK(ask(path, any, "client") == "content");
  any.message.assign(64, ' ');  // the content of TLS 1.3
  for (const char c : std::string_view("TLS 1.3, server CertificateVerify"))
    any.message.push_back(static_cast<std::uint8_t>(c));
  any.message.push_back(0);
  any.message.resize(any.message.size() + 32, 0xAB);
  CHECK(ask(path, any, "client") == "content");
  CHECK(keys.audit->with("verdict=content") == 6);
  CHECK(keys.audit->with("verdict=signed") == 0);
}

TEST_CASE("a key is for one role, and signs by its own schemes") {
  RunningKeys keys;
  keys.start();
  const auto& path = keys.options.path;
  CHECK(ask(path, parts13(32, false), "web") == "role");
  CHECK(ask(path, parts13(32, true), "client") == "role");
  for (const SignatureScheme scheme :
       {SignatureScheme::ecdsa_secp384r1_sha384, SignatureScheme::ed25519, SignatureScheme::rsa_pss_rsae_sha256,
        static_cast<SignatureScheme>(0x0203), static_cast<SignatureScheme>(0)}) {
    Parts parts = parts13();
    parts.scheme = scheme;
    CHECK(ask(path, parts) == "scheme");
  }
  Parts twelve = parts12();  // RFC 9846 §4.3.3: in TLS 1.2 it names the hash alone
  twelve.scheme = SignatureScheme::ecdsa_secp384r1_sha384;
  CHECK(ask(path, twelve) == "signature");
  CHECK(keys.audit->with("verdict=role") == 2);
  CHECK(keys.audit->with("verdict=scheme") == 5);
}

TEST_CASE("an RSA key signs by PKCS#1 v1.5 in TLS 1.2 and not in TLS 1.3") {
  RunningKeys keys;
  keys.options.keys = {{.name = "web", .key = software(sallyport::KeyType::rsa_2048)}};
  keys.start();
  Parts thirteen = parts13(), twelve = parts12();
  thirteen.scheme = twelve.scheme = SignatureScheme::rsa_pkcs1_sha256;
  CHECK(ask(keys.options.path, thirteen) == "scheme");
  RawCaller caller(keys.options.path);
  caller.write(request_frame(twelve));
  CHECK(verifies(caller.read(), twelve, sallyport::KeyType::rsa_2048));
}

TEST_CASE("a key that a caller may not use is answered as one that is not there") {
  RunningKeys keys;
  keys.options.callers[0].keys = {"web"};
  keys.start();
  RawCaller caller(keys.options.path);
  std::vector<std::vector<std::uint8_t>> answers;
  for (const std::string_view name : {"client", "nothing"}) {
    caller.write(request_frame(parts13(32, false), name));
    answers.push_back(*caller.read());
    CHECK(said(answers.back()) == "no_key");
    caller.write(*keys::encode(1, keys::Describe{name}));
    CHECK(said(caller.read()) == "no_key");
  }
  CHECK(answers[0] == answers[1]);
  caller.write(request_frame(parts13()));
  CHECK(said(caller.read()) == "signature");
}

TEST_CASE("who may call is decided by user and group, and each that is given must be so") {
  struct Row {
    std::optional<uid_t> user;
    std::optional<gid_t> group;
    bool may;
  };
  const uid_t me = ::geteuid();
  const gid_t us = ::getegid();
  const Row rows[] = {{me, {}, true},      {{}, us, true},      {me, us, true},      {me + 1, {}, false},
                      {{}, us + 1, false}, {me, us + 1, false}, {me + 1, us, false}, {{}, {}, false}};
  for (const Row& row : rows) {
    RunningKeys keys;
    keys.options.callers = {{.user = row.user, .group = row.group, .keys = {}}};
    keys.start();
    CHECK(ask(keys.options.path, parts13()) == (row.may ? "signature" : "closed"));
    CHECK(keys.audit->with("verdict=caller_refused") == (row.may ? 0 : 1));
  }
}

TEST_CASE("another user is refused: by the socket's mode, and by who may call where the mode lets everybody in") {
  if (::geteuid() != 0) {
    MESSAGE("skipped: only root can become another user");
    return;
  }
  for (const mode_t mode : {mode_t{0660}, mode_t{0666}}) {
    RunningKeys keys;
    REQUIRE(::chmod(keys.folder.path().c_str(), 0755) == 0);
    keys.options.mode = mode;
    keys.start();
    CHECK(as_another_user(keys.options.path, request_frame(parts13())) == (mode == 0660 ? "refused" : "nothing"));
    CHECK(keys.audit->with("uid=65534") == (mode == 0660 ? 0 : 1));
    CHECK(keys.audit->with("verdict=signed") == 0);
    CHECK(ask(keys.options.path, parts13()) == "signature");  // ours still is
  }
  RunningKeys keys;
  REQUIRE(::chmod(keys.folder.path().c_str(), 0755) == 0);
  keys.options.mode = 0666;
  keys.options.callers.push_back({.user = 65534, .group = {}, .keys = {"web"}});
  keys.start();
  CHECK(as_another_user(keys.options.path, request_frame(parts13())) == "an answer");
  CHECK(keys.audit->with("uid=65534") == 1);
}

TEST_CASE("who may not call is told in few lines and warnings, however often it calls") {
  FakeClock clock;
  RunningKeys keys;
  keys.options.clock = &clock;
  keys.options.callers = {{.user = ::geteuid() + 1, .group = {}, .keys = {}}};
  keys.start();
  const auto call = [&] { CHECK(said(RawCaller(keys.options.path).read()) == "closed"); };
  for (int i = 0; i < 50; ++i) call();
  CHECK(keys.audit->copy().size() == 1);
  CHECK(keys.audit->with("verdict=caller_refused times=1") == 1);
  clock.advance(std::chrono::milliseconds(1000));
  call();
  CHECK(keys.audit->copy().size() == 2);
  CHECK(keys.audit->with("verdict=caller_refused times=50") == 1);
  CHECK(keys.warnings->copy().size() == 1);
  CHECK(keys.warnings->with("may not call") == 1);
}

TEST_CASE("a description that is refused has a line, and many have few") {
  FakeClock clock;
  RunningKeys keys;
  keys.options.clock = &clock;
  keys.options.callers[0].keys = {"web"};
  keys.start();
  RawCaller caller(keys.options.path);
  const auto ask_for = [&](std::string_view name) {
    caller.write(*keys::encode(1, keys::Describe{name}));
    return said(caller.read());
  };
  for (int i = 0; i < 20; ++i) CHECK(ask_for(i % 2 == 0 ? "client" : "nothing") == "no_key");
  CHECK(ask_for("web") == "described");
  CHECK(keys.audit->copy().size() == 1);
  CHECK(keys.audit->with("verdict=no_key times=1") == 1);
  clock.advance(std::chrono::milliseconds(999));
  CHECK(ask_for("client") == "no_key");
  CHECK(keys.audit->copy().size() == 1);
  clock.advance(std::chrono::milliseconds(1));
  CHECK(ask_for("client") == "no_key");
  CHECK(keys.audit->with("verdict=no_key times=21") == 1);
}

TEST_CASE("a warning that nobody reads holds up no signature") {
  std::atomic<bool> read{false}, warned{false};  // before the server, whose thread reads them to its end
  RunningKeys keys;
  keys.options.warning = [&](std::string_view) {
    warned = true;
    while (!read) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  };
  keys.start();
  struct Release {
    std::atomic<bool>& gate;
    ~Release() { gate = true; }
  };
  std::vector<std::unique_ptr<RawCaller>> callers;
  for (std::size_t i = 0; i < KeyServer::kMostOfCaller; ++i) {
    callers.push_back(std::make_unique<RawCaller>(keys.options.path));
    callers.back()->write(request_frame(parts13()));
    REQUIRE(said(callers.back()->read()) == "signature");
  }
  const Release release{read};
  const RawCaller one_too_many(keys.options.path);
  REQUIRE(within(std::chrono::milliseconds(10'000), [&] { return warned.load(); }));
  for (const auto& caller : callers) {
    caller->write(request_frame(parts13()));
    CHECK(said(caller->read()) == "signature");
  }
}

TEST_CASE("no audit line, no signature") {
  RunningKeys keys;
  keys.audit->kept = false;
  keys.start();
  CHECK(ask(keys.options.path, parts13()) == "audit");
  keys.audit->kept = true;
  CHECK(ask(keys.options.path, parts13()) == "signature");
}

TEST_CASE("a caller that asks too often is refused, by a clock that is injected, in few lines") {
  FakeClock clock;
  RunningKeys keys;
  keys.options.clock = &clock;
  keys.options.rate = 5;
  keys.start();
  RawCaller first(keys.options.path), second(keys.options.path);  // one user has one account
  for (int i = 0; i < 5; ++i) {
    RawCaller& caller = i % 2 == 0 ? first : second;
    caller.write(request_frame(parts13()));
    CHECK(said(caller.read()) == "signature");
  }
  for (int i = 0; i < 100; ++i) {
    first.write(request_frame(parts13()));
    CHECK(said(first.read()) == "rate");
  }
  CHECK(keys.audit->with("verdict=rate") == 1);
  CHECK(keys.audit->with("verdict=rate times=1") == 1);
  clock.advance(std::chrono::milliseconds(1000));
  for (int i = 0; i < 5; ++i) {
    first.write(request_frame(parts13()));
    CHECK(said(first.read()) == "signature");
  }
  first.write(*keys::encode(1, keys::Describe{"web"}));  // what costs nothing counts as well
  CHECK(said(first.read()) == "rate");
  CHECK(keys.audit->with("verdict=rate times=100") == 1);
}

TEST_CASE("a request that is malformed is answered so, and what is no frame ends the connection") {
  RunningKeys keys;
  keys.start();
  RawCaller caller(keys.options.path);
  auto bytes = request_frame(parts13());
  bytes[keys::kLengthBytes + keys::kHeader] = 200;  // the name goes beyond the end
  caller.write(bytes);
  CHECK(said(caller.read()) == "malformed");
  caller.write(request_frame(parts13()));
  CHECK(said(caller.read()) == "signature");
  const std::uint8_t garbage[] = {'G', 'E', 'T', ' ', '/', '\r', '\n'};
  caller.write(garbage);
  CHECK(said(caller.read()) == "malformed");
  CHECK(said(caller.read()) == "closed");
  CHECK(keys.audit->with("verdict=malformed") == 2);
}

TEST_CASE("connections are bounded for each user: one more is closed, and one that goes makes room") {
  RunningKeys keys;
  keys.start();
  std::vector<std::unique_ptr<RawCaller>> callers;
  const auto one_more = [&] {
    callers.push_back(std::make_unique<RawCaller>(keys.options.path));
    callers.back()->write(*keys::encode(1, keys::Describe{"web"}));
    return said(callers.back()->read());
  };
  for (std::size_t i = 0; i < KeyServer::kMostOfCaller; ++i) REQUIRE(one_more() == "described");
  for (int i = 0; i < 20; ++i) CHECK(one_more() == "closed");
  CHECK(keys.warnings->with("too many connections") == 1);
  CHECK(keys.audit->with("verdict=too_many_connections times=1") >= 1);
  callers.clear();
  CHECK(within(std::chrono::milliseconds(10'000), [&] {
    RawCaller caller(keys.options.path);
    caller.write(*keys::encode(1, keys::Describe{"web"}));
    return said(caller.read()) == "described";
  }));
}

TEST_CASE("a key says of what kind it is, and by which schemes it signs") {
  struct Restricted final : SigningKey {
    std::shared_ptr<const SigningKey> real = software(sallyport::KeyType::rsa_2048);
    KeyKind kind() const noexcept override { return real->kind(); }
    bool allows(SignatureScheme scheme) const noexcept override {
      return scheme == SignatureScheme::rsa_pss_rsae_sha384;
    }
    Answer<std::vector<std::uint8_t>> sign(SignatureScheme scheme, Bytes message, Random& random) const override {
      return real->sign(scheme, message, random);
    }
  };
  RunningKeys keys;
  keys.options.keys = {{.name = "web", .key = std::make_shared<Restricted>()}};
  keys.start();
  RawCaller caller(keys.options.path);
  caller.write(*keys::encode(1, keys::Describe{"web"}));
  const auto answer = caller.read();
  Bytes in(*answer);
  const auto frame = keys::next_frame(in, keys::kMaxAnswer);
  const auto reply = keys::parse_reply(**frame);
  REQUIRE(reply);
  const auto& described = std::get<keys::Described>(*reply);
  CHECK(described.kind == KeyKind::rsa);
  CHECK(described.for_servers);
  CHECK_FALSE(described.for_clients);
  CHECK(described.schemes == std::vector{SignatureScheme::rsa_pss_rsae_sha384});
  Parts parts = parts13();
  parts.scheme = SignatureScheme::rsa_pss_rsae_sha256;
  CHECK(ask(keys.options.path, parts) == "scheme");
  parts.scheme = SignatureScheme::rsa_pss_rsae_sha384;
  CHECK(ask(keys.options.path, parts) == "signature");
}

TEST_CASE("a key that fails, or throws, is a refusal, and the next request is answered") {
  struct Broken final : SigningKey {
    std::shared_ptr<const SigningKey> real = software();
    mutable std::atomic<int> calls{0};
    KeyKind kind() const noexcept override { return real->kind(); }
    Answer<std::vector<std::uint8_t>> sign(SignatureScheme scheme, Bytes message, Random& random) const override {
      switch (calls++) {
        case 0:
          return fail(Code::signing_failed, "as the test demands");
        case 1:
          throw std::runtime_error("as the test demands");
        case 2:
          return std::nullopt;  // later, and nobody to ask
        default:
          return real->sign(scheme, message, random);
      }
    }
  };
  RunningKeys keys;
  keys.options.keys = {{.name = "web", .key = std::make_shared<Broken>()}};
  keys.start();
  for (int i = 0; i < 3; ++i) CHECK(ask(keys.options.path, parts13()) == "failed");
  CHECK(ask(keys.options.path, parts13()) == "signature");
  CHECK(keys.audit->with("verdict=failed") == 3);
}

TEST_CASE("options that cannot be are refused in words") {
  struct Row {
    const char* words;
    void (*spoil)(KeyServerOptions&);
  };
  constexpr Row kRows[] = {
      {"needs a key", [](KeyServerOptions& o) { o.keys.clear(); }},
      {"may call it", [](KeyServerOptions& o) { o.callers.clear(); }},
      {"two keys", [](KeyServerOptions& o) { o.keys[1].name = "web"; }},
      {"is null", [](KeyServerOptions& o) { o.keys[0].key = nullptr; }},
      {"printable", [](KeyServerOptions& o) { o.keys[0].name = "a b"; }},
      {"neither servers nor clients", [](KeyServerOptions& o) { o.keys[0].for_servers = false; }},
      {"none of that name", [](KeyServerOptions& o) { o.callers[0].keys = {"wbe"}; }},
      {"rate is at most", [](KeyServerOptions& o) { o.rate = 1'000'001; }},
      {"at most 0777", [](KeyServerOptions& o) { o.mode = 04660; }},
      {"cannot be the path", [](KeyServerOptions& o) { o.path = ""; }},
  };
  for (const Row& row : kRows) {
    RunningKeys keys;
    row.spoil(keys.options);
    const auto made = KeyServer::open(keys.options);
    REQUIRE_FALSE(made);
    CHECK(made.error().code() == Code::bad_config);
    CHECK_MESSAGE(made.error().detail().find(row.words) != std::string::npos, made.error().detail());
  }
}
