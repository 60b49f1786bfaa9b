// RFC 9846 §4: a message that is not expected MUST end the handshake with unexpected_message. Tried in every state of
// both machines with all 256 types: refused before the body is looked at, nothing moves, and the handshake completes.
#include <set>

#include "handshake/client13/client13.h"
#include "handshake/edit.h"
#include "handshake/pair.h"
#include "handshake/server13/server13.h"
#include "handshake/states.h"

using namespace tls;
using namespace tls::test;
using handshake::Hash;
using handshake::MachineTable;
using handshake::On;

namespace {

/// What a path through the handshake passes by.
struct Shape {
  std::string_view name;
  bool retry, client_auth, awaited, resumed = false, early = false;
};
constexpr Shape kShapes[] = {{"plain", false, false, true},
                             {"HelloRetryRequest", true, false, true},
                             {"client authentication", false, true, true},
                             {"all of it", true, true, true},
                             {"answered at once", true, true, false},
                             {"resumed", false, false, true, true},
                             {"resumed after HelloRetryRequest", true, false, true, true},
                             {"early data", false, true, true, true, true},
                             {"early data, answered at once", false, false, false, true, true}};

void prepare(World& w, const Shape& shape) {
  const When when = shape.awaited ? When::later : When::now;
  w.source->answer = remote_credential(KeyKind::ecdsa_p256, when);
  w.source->when = w.verdict->when = w.client_verdict->when = when;
  if (shape.retry) w.server.groups({NamedGroup::secp256r1});
  if (shape.client_auth) {
    w.server.client_auth(ClientAuth::require, w.client_verdict);
    w.client.credentials(std::make_shared<Source>(remote_credential(KeyKind::ecdsa_p256, when), when));
  }
  if (!shape.resumed) return;
  // A first handshake, for its tickets; the one that is looked at follows.
  const auto sealer = std::make_shared<TicketMap>();
  const auto guard = std::make_shared<TokenSet>(w.clock);
  w.client.sessions(std::make_shared<SessionMap>()).early_data(shape.early).verify_resumed(true);
  w.server.tickets(sealer);
  sealer->keeps = shape.client_auth;  // then there is a whole chain to be judged again
  w.server.verify_resumed(shape.client_auth);
  if (shape.early) w.server.early_data(1000, guard);
  Pair first(w);
  first.run();
  REQUIRE(first.connected());
  sealer->later = guard->later = shape.awaited;
}

/// The rows of the table that leave the state in which `side` says that it is, by what max_message() lets through.
std::set<unsigned> accepted(const Side& side) {
  std::set<unsigned> types;
  for (unsigned type = 0; type < 256; ++type)
    if (side.handshake->max_message(static_cast<std::uint8_t>(type))) types.insert(type);
  return types;
}

/// Sends every type that has no row, with bodies that no parser would survive to judge; nothing may change.
void bombard(Side& side, std::set<std::string>& names) {
  if (!side.handshake) return;
  const std::set<unsigned> allowed = accepted(side);
  const bool pending = side.sink.pending.has_value();
  const std::size_t log = side.sink.log.size();
  const handshake::Permissions before = side.handshake->permissions();
  for (unsigned type = 0; type < 256; ++type) {
    if (allowed.contains(type)) continue;
    for (const std::size_t length : {0u, 1u, 40u}) {
      ByteVector message(4 + length, 0xFF);
      message[0] = static_cast<std::uint8_t>(type);
      message[1] = message[2] = 0, message[3] = static_cast<std::uint8_t>(length);
      for (const bool ends_record : {true, false}) {
        const auto refused = side.handshake->receive(message, ends_record, side.sink);
        REQUIRE_FALSE(refused);
        // Before parsing: the code is not one of a codec's.
        REQUIRE(refused.error().code() == Code::unexpected_message);
        REQUIRE(refused.error().alert() == Alert::unexpected_message);
        names.insert(refused.error().detail().substr(refused.error().detail().rfind(' ') + 1));
      }
    }
    const auto header = side.handshake->max_message(static_cast<std::uint8_t>(type));
    REQUIRE_FALSE(header);
    REQUIRE(header.error().code() == Code::unexpected_message);
  }
  const auto ccs = side.handshake->receive_change_cipher_spec(side.sink);
  REQUIRE_FALSE(ccs);
  CHECK(accepted(side) == allowed);
  CHECK(side.sink.log.size() == log);
  CHECK(side.handshake->permissions() == before);
  CHECK(side.sink.pending.has_value() == pending);
}

/// Answers that nobody asked for.
void bombard_with_answers(Side& side) {
  if (!side.handshake) return;
  const std::size_t log = side.sink.log.size();
  const std::set<unsigned> allowed = accepted(side);
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
  CHECK(side.sink.log.size() == log);
  CHECK(accepted(side) == allowed);
}

}  // namespace

TEST_CASE("every state, every type: refused unread, and the handshake completes as if nothing had been") {
  std::set<std::string> states;
  for (const Shape& shape : kShapes) {
    CAPTURE(shape.name);
    World w, undisturbed;
    prepare(w, shape);
    prepare(undisturbed, shape);
    Pair p(w), q(undisturbed);
    do {
      bombard(p.client, states);
      bombard(p.server, states);
      bombard_with_answers(p.client);
      bombard_with_answers(p.server);
    } while (p.step());
    q.run();
    REQUIRE(p.connected());
    CHECK(p.client.sink.secrets == q.client.sink.secrets);  // the transcript is that of an undisturbed handshake
    CHECK(p.client.sink.log == q.client.sink.log);
    CHECK(p.server.sink.log == q.server.sink.log);
  }
  // Every state was reached.
  for (const MachineTable* m : {&handshake::client13::table(), &handshake::server13::table()})
    for (unsigned s = 0; s + 1 < m->states.size(); ++s) {
      const std::string state = std::string(m->name) + "." + std::string(m->states[s].name);
      // A machine is made for its first message; before that hello/ speaks.
      if (s > 0) CHECK_MESSAGE(states.contains(state), state);
    }
  CHECK(states.contains("ServerHello"));
  CHECK(states.contains("ClientHello"));
}

TEST_CASE("a HelloRetryRequest is an event of its own: a second one is refused unread") {
  World w;
  w.server.groups({NamedGroup::secp256r1});
  Pair p(w);
  ByteVector retry;
  p.on_the_way = [&](bool from_client, ByteVector& m) {
    if (!from_client && retry.empty()) retry = m;
  };
  REQUIRE(p.step());  // ClientHello
  REQUIRE(p.step());  // HelloRetryRequest
  REQUIRE(retry.size() > 4);
  const auto refused = p.client.handshake->receive(retry, true, p.client.sink);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::unexpected_message);
  ByteVector garbage(retry.begin(), retry.begin() + 38);
  fix_length(garbage);
  const auto unread = p.client.handshake->receive(garbage, true, p.client.sink);
  REQUIRE_FALSE(unread);
  CHECK(unread.error().code() == Code::unexpected_message);
  p.run();
  CHECK(p.connected());
}

TEST_CASE("RFC 9846 §5.1: a message before a key change must end its record, in every state that has one") {
  // For each aligned row a run in which that message does not end its record.
  std::size_t refused = 0;
  for (const Shape& shape : kShapes) {
    for (std::size_t target = 0;; ++target) {
      World w;
      prepare(w, shape);
      Pair p(w);
      std::size_t seen = 0;
      bool reached = false;
      while (!p.client.error && !p.server.error && !reached) {
        if (p.client.sink.pending || p.server.sink.pending) {
          REQUIRE(p.step());
          continue;
        }
        Side& from = p.client.sink.outbox.empty() ? p.server : p.client;
        Side& to = &from == &p.client ? p.server : p.client;
        if (from.sink.outbox.empty()) break;
        if (seen++ == target) {
          reached = true;
          const auto type = static_cast<On>(from.sink.outbox.front().bytes[0]);
          const auto result = to.receive(from.sink.outbox.front().bytes, false);
          const bool aligned = type == On::client_hello || type == On::server_hello || type == On::finished ||
                               type == On::end_of_early_data;
          REQUIRE(result.has_value() == !aligned);
          if (aligned) {
            CHECK(result.error().code() == Code::excess_handshake_data);
            CHECK(result.error().alert() == Alert::unexpected_message);
            ++refused;
          }
        } else {
          REQUIRE(p.step());
        }
      }
      if (!reached) break;
    }
  }
  CHECK(refused > 10);
}

TEST_CASE("the tables: every machine begins in its first state, ends in its last, and every aligned row changes keys") {
  for (const MachineTable* m : handshake::machines()) {
    CAPTURE(m->name);
    REQUIRE_FALSE(m->states.empty());
    unsigned reached = 1;
    for (std::size_t round = 0; round < m->states.size(); ++round)
      for (const auto& row : m->rows)
        if (reached >> row.from & 1) reached |= row.to;
    CHECK(reached == (1u << m->states.size()) - 1);
    if (m->name == "post13") continue;  // it never ends
    for (const auto& row : m->rows) {
      CHECK_MESSAGE(row.from + 1 != m->states.size(), "a row leaves the last state");
      const bool answer = row.on == On::chain_verified || row.on == On::credential_chosen ||
                          row.on == On::signature_made || row.on == On::session_found || row.on == On::ticket_opened ||
                          row.on == On::replay_claimed;
      CHECK(answer == m->states[row.from].name.starts_with("Await"));
      if (answer) CHECK(row.hash == Hash::none);
      CHECK_FALSE(m->states[row.from].may.read_data);
    }
    CHECK(m->states.back().may.read_data);
    CHECK(m->states.back().may.write_data);
  }
}
