// What may take time: every operation that a handshake hands out, answered at once, later, with a refusal, and with
// something that was not asked for.
#include "handshake/authentication13.h"
#include "handshake/pair.h"

using namespace tls;
using namespace tls::test;

namespace {

/// The operations of a handshake with client authentication, in the order in which they are met.
enum class Step {
  server_credential,
  server_signature,
  client_verifies,
  client_credential,
  client_signature,
  server_verifies
};
constexpr Step kSteps[] = {Step::server_credential, Step::server_signature, Step::client_verifies,
                           Step::client_credential, Step::client_signature, Step::server_verifies};

bool of_server(Step step) {
  return step == Step::server_credential || step == Step::server_signature || step == Step::server_verifies;
}
/// The index in Operation.
std::size_t kind(Step step) {
  switch (step) {
    case Step::client_verifies:
    case Step::server_verifies:
      return 0;
    case Step::server_signature:
    case Step::client_signature:
      return 1;
    default:
      return 2;
  }
}

/// A world in which all or one of the operations is answered later.
void prepare(World& w, std::optional<Step> later) {
  auto when = [&](Step step) { return !later || *later == step ? When::later : When::now; };
  w.source->answer = remote_credential(KeyKind::ecdsa_p256, when(Step::server_signature));
  w.source->when = when(Step::server_credential);
  w.verdict->when = when(Step::client_verifies);
  w.client_verdict->when = when(Step::server_verifies);
  w.server.client_auth(ClientAuth::require, w.client_verdict);
  w.client.credentials(std::make_shared<Source>(remote_credential(KeyKind::ecdsa_p256, when(Step::client_signature)),
                                                when(Step::client_credential)));
}

OperationResult refusal(std::size_t index, Code code) {
  if (index == 0) return Result<ChainAccepted>(fail(code));
  if (index == 1) return Result<std::vector<std::uint8_t>>(fail(code));
  return Result<CredentialPtr>(fail(code));
}
OperationResult of_another_kind(std::size_t index) {
  if (index == 0) return Result<CredentialPtr>(credential(KeyKind::ecdsa_p256));
  return Result<ChainAccepted>(ChainAccepted{});
}

}  // namespace

TEST_CASE("RFC 9846 §4.5.2: a key is told who signs, and the hash that its message ends with") {
  World w;
  std::shared_ptr<InformedKey> server, client;
  w.source->answer = informed_credential(KeyKind::ecdsa_p256, server);
  w.server.client_auth(ClientAuth::require, w.client_verdict);
  w.client.credentials(std::make_shared<Source>(informed_credential(KeyKind::ecdsa_p256, client)));
  Pair p(w);
  p.run();
  REQUIRE(p.connected());
  for (const bool by_server : {true, false}) {
    CAPTURE(by_server);
    const InformedKey& key = by_server ? *server : *client;
    REQUIRE(key.told.size() == 1);
    const InformedKey::Told& told = key.told[0];
    CHECK(told.by_server == by_server);
    CHECK(told.version == ProtocolVersion::tls13);
    CHECK(told.scheme == SignatureScheme::ecdsa_secp256r1_sha256);
    CHECK(told.transcript_hash.size() == 32);
    CHECK(told.message == handshake::signed_content(by_server ? handshake::Role::server : handshake::Role::client,
                                                    told.transcript_hash));
    CHECK(told.client_random.empty());
    CHECK(told.server_random.empty());
    CHECK(told.parameters.empty());
  }
}

TEST_CASE("the parts of a message that is too short for them are empty") {
  for (const std::size_t size : {0u, 63u, 64u, 97u, 98u}) {
    CAPTURE(size);
    SignatureRequest request{SignatureScheme::ed25519, ByteVector(size, 0x20), nullptr};
    CHECK(request.parts().transcript_hash.empty());
    CHECK(request.parts().message.size() == size);
    request.version = ProtocolVersion::tls12;
    CHECK(request.parts().transcript_hash.empty());
    CHECK(request.parts().parameters.size() == (size > 64 ? size - 64 : 0));
    CHECK(request.parts().client_random.empty() == (size <= 64));
  }
}

TEST_CASE("each operation can be answered at once or later, and the handshake is the same") {
  World reference_world(5);
  prepare(reference_world, Step::server_credential);
  Pair reference(reference_world);
  reference.run();
  REQUIRE(reference.connected());
  for (const Step step : kSteps) {
    CAPTURE(static_cast<int>(step));
    World w(5);
    prepare(w, step);
    Pair p(w);
    std::vector<std::pair<bool, std::size_t>> asked;
    p.on_operation = [&](Side& side, const Operation& operation) {
      asked.emplace_back(&side == &p.server, operation.index());
      CHECK_FALSE(side.handshake->done());
      if (std::holds_alternative<CredentialRequest>(operation))
        (void)side.complete(Result<CredentialPtr>(credential(KeyKind::ecdsa_p256)));
      else
        (void)side.complete(answer_to(operation, w.random));
    };
    p.run();
    REQUIRE(p.connected());
    CHECK(asked == std::vector<std::pair<bool, std::size_t>>{{of_server(step), kind(step)}});
    CHECK(p.client.sink.secrets == reference.client.sink.secrets);
  }
}

TEST_CASE("all operations later, in one handshake") {
  World w;
  prepare(w, {});
  Pair p(w);
  std::size_t asked = 0;
  p.on_operation = [&](Side& side, const Operation& operation) {
    ++asked;
    (void)side.complete(answer_to(operation, w.random));
  };
  p.run();
  CHECK(p.connected());
  CHECK(asked == 6);
}

TEST_CASE("a refusal ends the handshake with the code that was given, whenever it is given") {
  for (const Step step : kSteps) {
    CAPTURE(static_cast<int>(step));
    const Code code = kind(step) == 0   ? Code::certificate_revoked
                      : kind(step) == 1 ? Code::signing_failed
                                        : Code::credential_refused;
    World w;
    prepare(w, step);
    Pair p(w);
    p.on_operation = [&](Side& side, const Operation& operation) {
      CHECK_FALSE(side.complete(refusal(operation.index(), code)));
    };
    p.run();
    CHECK((of_server(step) ? p.server : p.client).code() == code);
    CHECK_FALSE(p.connected());
  }
  SUBCASE("at once") {
    World verifier;
    verifier.verdict->refusal = Code::name_mismatch;
    Pair p(verifier);
    p.run();
    CHECK(p.client.code() == Code::name_mismatch);
    CHECK_FALSE(p.server.connected());

    World key;
    key.source->answer = remote_credential(KeyKind::ecdsa_p256, When::now, Code::signing_failed);
    Pair q(key);
    q.run();
    CHECK(q.server.code() == Code::signing_failed);
    CHECK(q.server.error->alert() == Alert::internal_error);

    World source;
    source.source->answer = fail(Code::unrecognized_name);
    Pair r(source);
    r.run();
    CHECK(r.server.code() == Code::unrecognized_name);
    CHECK(r.server.error->alert() == Alert::unrecognized_name);
  }
}

TEST_CASE("a server without a credential fails") {
  World w;
  w.source->answer = CredentialPtr();
  Pair p(w);
  p.run();
  CHECK(p.server.code() == Code::no_shared_signature_scheme);
}

TEST_CASE("a credential without a key, or without a certificate, is a mistake that is told, on either side") {
  for (const bool of_server : {true, false})
    for (const bool keyless : {true, false})
      for (const When when : {When::now, When::later}) {
        Credential half = *credential(KeyKind::ecdsa_p256);
        if (keyless)
          half.key = nullptr;
        else
          half.chain.clear();
        const CredentialPtr given = std::make_shared<const Credential>(std::move(half));
        World w;
        w.server.client_auth(ClientAuth::request, w.client_verdict);
        if (of_server)
          w.source->answer = given, w.source->when = when;
        else
          w.client.credentials(std::make_shared<Source>(given, when));
        Pair p(w);
        p.on_operation = [&](Side& side, const Operation&) { (void)side.complete(Result<CredentialPtr>(given)); };
        p.run();
        const Side& side = of_server ? p.server : p.client;
        REQUIRE(side.code() == Code::bad_config);
        CHECK(side.error->alert() == Alert::internal_error);
        CHECK(side.error->detail().find(keyless ? "no key" : "no certificate") != std::string::npos);
      }
}

TEST_CASE("an answer of another kind is refused, and the right one is still taken") {
  for (const Step step : kSteps) {
    CAPTURE(static_cast<int>(step));
    World w;
    prepare(w, step);
    Pair p(w);
    p.on_operation = [&](Side& side, const Operation& operation) {
      const auto wrong = side.handshake->complete(of_another_kind(operation.index()), side.sink);
      REQUIRE_FALSE(wrong);
      CHECK(wrong.error().code() == Code::operation_failed);
      CHECK(wrong.error().alert() == Alert::internal_error);
      (void)side.complete(answer_to(operation, w.random));
    };
    p.run();
    CHECK(p.connected());
  }
}

TEST_CASE("an answer that nobody waits for is refused") {
  World w;
  Pair p(w);
  for (Side* side : {&p.client, &p.server}) {
    const auto refused = side->handshake->complete(Result<ChainAccepted>(ChainAccepted{}), side->sink);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Code::operation_failed);
  }
  p.run();
  CHECK(p.connected());
}
