// Every state of both machines against all 256 message types, ChangeCipherSpec and every answer: refused before the
// body is looked at, nothing moves, and the handshake completes as if nothing had been.
#include <set>

#include "handshake/client12/client12.h"
#include "handshake/server12/server12.h"
#include "handshake12/world12.h"

using namespace tls;
using namespace tls::test;
using handshake::MachineTable;
using handshake::On;
using handshake::Permissions;

namespace {

enum class Again { no, by_id, by_ticket, by_renewed_ticket };
struct Shape {
  std::string_view name;
  bool client_auth, staple, ticket, false_start;
  Again resumed = Again::no;
};
constexpr Shape kShapes[] = {{"plain", false, false, false, false},
                             {"client authentication", true, false, false, false},
                             {"staple", false, true, false, false},
                             {"ticket", false, false, true, false},
                             {"False Start", false, false, false, true},
                             {"False Start and ticket", false, true, true, true},
                             {"all of it", true, true, true, true},
                             {"session ID", false, false, false, true, Again::by_id},
                             {"session ID of a client with a certificate", true, false, false, false, Again::by_id},
                             {"resumed", true, true, true, true, Again::by_ticket},
                             {"renewed", false, false, true, false, Again::by_renewed_ticket}};

void prepare(World12& w, const Shape& shape) {
  auto c = *remote_credential(KeyKind::ecdsa_p256, When::later);
  if (shape.staple) c.ocsp_response = unhex("3003020101");
  w.source->answer = std::make_shared<const Credential>(std::move(c));
  w.source->when = w.verdict->when = w.client_verdict->when = When::later;
  if (shape.client_auth) w.authenticate_client(KeyKind::ecdsa_p256, When::later);
  if (shape.false_start) w.client.false_start(FalseStart::without_alpn);
  w.client.verify_resumed(shape.resumed != Again::no);
  w.server.verify_resumed(shape.client_auth && shape.resumed == Again::by_id);
  if (shape.ticket || shape.resumed != Again::no) w.resume_by(!shape.ticket, shape.ticket);
}
/// The server's credential is the one that was prepared, however late it comes.
void answer_with_source(World12& w, Pair& p) {
  p.on_operation = [&](Side& side, const Operation& operation) {
    const bool servers = &side == &p.server && std::holds_alternative<CredentialRequest>(operation);
    (void)side.complete(servers ? OperationResult(w.source->answer) : answer_to(operation, w.random));
  };
}

std::set<unsigned> accepted(const Side& side) {
  std::set<unsigned> types;
  for (unsigned type = 0; type < 256; ++type)
    if (side.handshake->max_message(static_cast<std::uint8_t>(type))) types.insert(type);
  return types;
}

void bombard(Side& side, std::set<std::string>& names) {
  if (!side.handshake) return;
  const std::set<unsigned> allowed = accepted(side);
  const bool pending = side.sink.pending.has_value();
  const std::size_t log = side.sink.log.size();
  const Permissions before = side.handshake->permissions();
  auto refuse = [&](const Result<void>& refused) {
    REQUIRE_FALSE(refused);
    REQUIRE(refused.error().alert() == Alert::unexpected_message);
    names.insert(refused.error().detail().substr(refused.error().detail().rfind(' ') + 1));
  };
  for (unsigned type = 0; type < 256; ++type) {
    if (allowed.contains(type)) continue;
    for (const std::size_t length : {0u, 1u, 40u}) {
      ByteVector message(4 + length, 0xFF);
      message[0] = static_cast<std::uint8_t>(type);
      message[1] = message[2] = 0, message[3] = static_cast<std::uint8_t>(length);
      for (const bool ends_record : {true, false}) {
        const auto refused = side.handshake->receive(message, ends_record, side.sink);
        refuse(refused);
        REQUIRE(refused.error().code() == Code::unexpected_message);
      }
    }
  }
  if (before.ccs != Permissions::Ccs::deliver) refuse(side.handshake->receive_change_cipher_spec(side.sink));
  for (std::size_t kind = 0; kind < std::variant_size_v<OperationResult>; ++kind) {
    if (side.sink.pending && side.sink.pending->index() == kind) continue;  // that one was asked for
    OperationResult answer = Result<ChainAccepted>(ChainAccepted{});
    if (kind == 1) answer = Result<std::vector<std::uint8_t>>(std::vector<std::uint8_t>(64, 1));
    if (kind == 2) answer = Result<CredentialPtr>(credential(KeyKind::ecdsa_p256));
    if (kind == 3) answer = Result<std::optional<SessionState>>(std::optional<SessionState>());
    if (kind == 4) answer = Result<std::optional<OpenedTicket>>(std::optional<OpenedTicket>());
    if (kind == 5) answer = Result<ReplayVerdict>(ReplayVerdict::fresh);
    if (kind == 6) answer = Result<ServerConfig>(fail(Code::bad_config));
    static_assert(std::variant_size_v<OperationResult> == 7);
    const auto refused = side.handshake->complete(std::move(answer), side.sink);
    REQUIRE_FALSE(refused);
    REQUIRE(refused.error().code() == Code::operation_failed);
  }
  CHECK(accepted(side) == allowed);
  CHECK(side.sink.log.size() == log);
  CHECK(side.handshake->permissions() == before);
  CHECK(side.sink.pending.has_value() == pending);
}

}  // namespace

TEST_CASE("every state, every event: refused unread, and the handshake completes") {
  std::set<std::string> states;
  for (const Shape& shape : kShapes) {
    CAPTURE(shape.name);
    World12 w;
    prepare(w, shape);
    if (shape.resumed != Again::no) {
      Pair first(w);
      answer_with_source(w, first);
      first.run();
      REQUIRE(first.connected());
      w.drawer->later = w.stamper->later = true;
      w.stamper->renew = shape.resumed == Again::by_renewed_ticket;
    }
    Pair p(w);
    answer_with_source(w, p);
    // Between ChangeCipherSpec and Finished, too.
    p.on_the_way = [&](bool from_client, ByteVector&) { bombard(from_client ? p.server : p.client, states); };
    do {
      bombard(p.client, states);
      bombard(p.server, states);
    } while (p.step());
    CHECK(p.connected());
    CHECK((p.client.info.resumed != Resumption::none) == (shape.resumed != Again::no));
  }
  for (const MachineTable* m : {&handshake::client12::table(), &handshake::server12::table()})
    for (unsigned s = 1; s + 1 < m->states.size(); ++s) {  // hello/ speaks before the first state
      const std::string state = std::string(m->name) + "." + std::string(m->states[s].name);
      CHECK_MESSAGE(states.contains(state), state);
    }
}

TEST_CASE("a ChangeCipherSpec before its time is refused, and one that is left out is missed") {
  for (const bool client : {true, false}) {
    // In front of every message once.
    for (int at = 0; at < 12; ++at) {
      World12 w;
      Pair p(w);
      int seen = 0;
      bool sent = false, due = false;
      p.on_the_way = [&](bool from_client, ByteVector&) {
        if (from_client != client || seen++ != at) return;
        Side& to = client ? p.server : p.client;
        due = to.handshake->permissions().ccs == Permissions::Ccs::deliver;
        if (!due) CHECK_FALSE(to.receive_change_cipher_spec());
        sent = !due;
      };
      p.run();
      CHECK(p.connected() == !sent);
      if (sent) CHECK((client ? p.server : p.client).code() == Code::unexpected_record_type);
    }
  }
  for (const bool client : {true, false}) {
    World12 w;
    Pair p(w);
    do {
      for (auto& m : (client ? p.client : p.server).sink.outbox) m.after_ccs = false;
    } while (p.step());
    const Side& missed = client ? p.server : p.client;
    CHECK(missed.code() == Code::unexpected_message);
  }
}

TEST_CASE("Finished ends its record, in full handshakes and in abbreviated ones") {
  for (const auto& [client, resumed] : {std::pair(true, false), {false, false}, {true, true}, {false, true}}) {
    World12 w;
    w.resume_by(true, false);
    if (resumed) Pair(w).run();
    Pair p(w);
    bool tried = false;
    while (!tried) {
      Side& from = client ? p.client : p.server;
      Side& to = client ? p.server : p.client;
      if (!from.sink.outbox.empty() && static_cast<On>(from.sink.outbox.front().bytes[0]) == On::finished) {
        REQUIRE(to.receive_change_cipher_spec());
        const auto refused = to.receive(from.sink.outbox.front().bytes, false);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code() == Code::excess_handshake_data);
        tried = true;
      } else {
        REQUIRE(p.step());
      }
    }
  }
}
