// Early data (RFC 9846 §2.3, §4.3.10, §8): accepted once, in its window, by nobody but the server that it is for;
// refused otherwise, which costs a round trip and never the connection.
#include "handshake/edit.h"
#include "resumption13/resuming.h"

using namespace tls;
using namespace tls::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t kLimit = 1000;
constexpr auto kWindow = 10'000ms;

struct Early : Resuming {
  explicit Early(std::uint32_t limit = kLimit, std::uint64_t seed = 1) : Resuming(seed) {
    world.client.early_data(true);
    world.server.early_data(limit, guard, kWindow);
  }
  void allow(std::uint32_t limit) { world.server.early_data(limit, guard, kWindow); }
  void first_wire() {
    EarlyWire w(*this);
    REQUIRE(w.client_connection->early_data_left() == 0);
    w.run();
    REQUIRE(w.connected());
    REQUIRE(store->size() > 0);
  }
};

void check(EarlyWire& w, bool accepted, std::string_view sent) {
  REQUIRE_MESSAGE(w.connected(), ((w.client.error ? w.client.error->message() : "") + " / " +
                                  (w.server.error ? w.server.error->message() : "")));
  const auto status = accepted ? EarlyDataStatus::accepted : EarlyDataStatus::rejected;
  CHECK(w.client.connection->info().early_data == status);
  CHECK(w.server.connection->info().early_data == status);
  CHECK(as_text(w.server.early) == (accepted ? sent : ""));
  CHECK(w.client.rejected.has_value() == !accepted);
  if (!accepted && w.client.rejected) CHECK(as_text(*w.client.rejected) == sent);
  CHECK(w.server.data.empty());
  CHECK(w.client_connection->early_data_left() == 0);
  // And the connection lives.
  REQUIRE(w.client.connection->send(as_bytes("up"), w.client.out));
  REQUIRE(w.server.connection->send(as_bytes("down"), w.server.out));
  w.run();
  CHECK(as_text(w.server.data) == "up");
  CHECK(as_text(w.client.data) == "down");
}

}  // namespace

namespace {

/// Sends a first flight again, to a server that gives nothing of its early data. What that server knows of it.
ConnectionInfo replayed_in_vain(Resuming& r, const ByteVector& flight) {
  auto replayed = ServerConnection::start(ConfigAccess::make(r.world.server_settings()));
  EarlyEnd end;
  end.connection = &replayed;
  end.take(flight);
  CHECK_FALSE(end.error);
  CHECK(end.early.empty());
  CHECK(replayed.info().early_data == EarlyDataStatus::rejected);
  return replayed.info();
}

}  // namespace

TEST_CASE("early data arrives before the handshake ends, and is told apart from data") {
  Early r;
  r.first_wire();
  EarlyWire w(r, "GET /");
  w.up();
  CHECK(as_text(w.server.early) == "GET /");
  CHECK_FALSE(w.server.done);
  // Half-RTT data.
  REQUIRE(w.server.connection->may_send());
  REQUIRE(w.server.connection->send(as_bytes("200"), w.server.out));
  w.run();
  CHECK(as_text(w.client.data) == "200");
  w.client.data.clear();
  check(w, true, "GET /");
}

TEST_CASE("early data in several pieces, until the server's Finished is here") {
  Early r;
  r.first_wire();
  EarlyWire w(r, "one ");
  CHECK(w.client_connection->early_data_left() == kLimit - 4);
  w.send_early("two ");
  w.up();
  w.send_early("three");
  w.up();
  CHECK(as_text(w.server.early) == "one two three");
  w.run();
  check(w, true, "one two three");
}

TEST_CASE("an offer without any early data is fine, accepted or not") {
  for (const bool accepted : {true, false}) {
    Early r;
    r.first_wire();
    r.guard->down = !accepted;
    EarlyWire w(r);
    w.run();
    REQUIRE(w.connected());
    CHECK_FALSE(w.client.rejected);
    CHECK(w.server.connection->info().early_data == (accepted ? EarlyDataStatus::accepted : EarlyDataStatus::rejected));
  }
}

TEST_CASE("both suites' hashes, with and without compatibility mode, byte by byte") {
  for (const bool compatible : {true, false})
    for (CipherSuite suite : {CipherSuite::TLS_AES_128_GCM_SHA256, CipherSuite::TLS_AES_256_GCM_SHA384,
                              CipherSuite::TLS_CHACHA20_POLY1305_SHA256}) {
      Early r;
      r.world.client.cipher_suites({suite}).compatibility_mode(compatible);
      r.first_wire();
      EarlyWire w(r, "early");
      const ByteVector flight = w.flight();
      w.client.out.consume(flight.size());
      for (const std::uint8_t& byte : flight) w.server.take({&byte, 1});
      w.run();
      check(w, true, "early");
    }
}

TEST_CASE("a client sends no more than its ticket allows; a server reads no more than it promised") {
  for (const std::size_t size : {kLimit - 1, kLimit, kLimit + 1}) {
    Early r;
    r.first_wire();
    EarlyWire w(r);
    CHECK(w.client_connection->early_data_left() == kLimit);
    CHECK(w.send_early(std::string(size, 'x')) == std::min<std::size_t>(size, kLimit));
    w.run();
    check(w, true, std::string(std::min<std::size_t>(size, kLimit), 'x'));
  }
  // A client that believes in more, and a server that would promise more today.
  for (const std::uint32_t today : {kLimit, 5 * kLimit})
    for (const std::size_t size : {kLimit - 1, kLimit, kLimit + 1}) {
      Early r;
      r.first_wire();
      r.allow(today);
      for (auto& [key, list] : r.store->kept)
        for (ClientSession& s : list) const_cast<session::ClientState&>(s.state()).max_early_data = 5000;
      EarlyWire w(r);
      CHECK(w.send_early(std::string(size, 'x')) == size);
      w.run();
      if (size <= kLimit) {
        check(w, true, std::string(size, 'x'));
      } else {
        REQUIRE(w.server.error);
        CHECK(w.server.error->code() == Code::too_much_early_data);
        CHECK(w.server.error->alert() == Alert::unexpected_message);
        CHECK(w.server.early.empty());
      }
    }
}

TEST_CASE("the limit holds over records, not for each") {
  Early r;
  r.first_wire();
  for (auto& [key, list] : r.store->kept)
    for (ClientSession& s : list) const_cast<session::ClientState&>(s.state()).max_early_data = 5000;
  EarlyWire w(r);
  w.send_early(std::string(kLimit, 'x'));
  w.send_early("y");
  w.up();
  REQUIRE(w.server.error);
  CHECK(w.server.error->code() == Code::too_much_early_data);
  CHECK(w.server.early.size() == kLimit);
}

TEST_CASE("the same flight again, to the same server: once is all, however often it comes") {
  Early r;
  r.first_wire();
  EarlyWire w(r, "pay");
  const ByteVector flight = w.flight();
  w.run();
  check(w, true, "pay");
  for (int i = 0; i < 100; ++i) {
    CHECK(replayed_in_vain(r, flight).resumed == Resumption::psk);
  }
}

TEST_CASE("the window, at both edges: below, at and above") {
  struct Row {
    Clock::Milliseconds late;
    bool accepted;
  };
  for (const Row& row : {Row{0ms, true}, Row{kWindow - 1ms, true}, Row{kWindow, true}, Row{kWindow + 1ms, false}}) {
    CAPTURE(row.late.count());
    {  // too old: the flight was held back
      Early r;
      r.first_wire();
      r.world.clock.advance(1h);
      EarlyWire w(r, "x");
      r.world.clock.advance(row.late);
      w.run();
      check(w, row.accepted, "x");
      if (row.accepted) CHECK(r.guard->expiries.at(0) >= r.guard->stamp()->time);
    }
    {  // too young: the client's clock runs ahead
      Early r;
      r.first_wire();
      r.world.clock.step_wall(row.late);
      EarlyWire w(r, "x");
      w.run();
      check(w, row.accepted, "x");
    }
  }
}

TEST_CASE("a wall clock that is set between ticket and early data changes nothing: the guard's clock decides, once") {
  for (const Clock::Milliseconds step : {-60'000ms, -30'000ms, -1ms, 30'000ms}) {
    CAPTURE(step.count());
    Early r;
    r.first_wire();
    r.world.clock.advance(10s);
    EarlyWire w(r, "x");
    const ByteVector flight = w.flight();
    r.world.clock.step_wall(step);
    const auto arrival = r.guard->stamp()->time;
    w.run();
    check(w, true, "x");
    CHECK(r.guard->expiries == std::vector{arrival + kWindow});
    // Again, from then on until it is long over, with the clock set in between.
    for (const Clock::Milliseconds later : {0ms, kWindow, kWindow + 1ms, 10 * kWindow}) {
      r.world.clock.step_wall(later - step);
      r.world.clock.advance(later);
      replayed_in_vain(r, flight);
      r.world.clock.step_wall(step - later);
    }
  }
  // A client whose clock was set back since it got the ticket says that it is new: it is refused once it is not.
  for (const auto& [age, accepted] : {std::pair(kWindow, true), std::pair(kWindow + 1ms, false)}) {
    Early r;
    r.first_wire();
    r.world.clock.advance(age);
    r.world.clock.step_wall(-age - 30s);
    EarlyWire w(r, "x");
    w.run();
    check(w, accepted, "x");
  }
}

TEST_CASE("what the guard says: anything but fresh is a round trip, now or later") {
  struct Row {
    void (*prepare)(TokenSet&);
    bool accepted;
  };
  const Row rows[] = {{[](TokenSet&) {}, true},
                      {[](TokenSet& g) { g.always = ReplayVerdict::seen; }, false},
                      {[](TokenSet& g) { g.always = ReplayVerdict::unavailable; }, false},
                      {[](TokenSet& g) { g.fails = true; }, false},
                      {[](TokenSet& g) { g.down = true; }, false},
                      {[](TokenSet& g) { g.epoch += 1; }, false}};
  for (const bool later : {false, true})
    for (const Row& row : rows) {
      Early r;
      r.first_wire();
      row.prepare(*r.guard);
      r.guard->later = r.sealer->later = later;
      EarlyWire w(r, "data");
      w.server.answer = [&](const Operation& operation) -> OperationResult {
        if (const auto* open = std::get_if<TicketToOpen>(&operation)) return r.sealer->answer(open->ticket);
        const auto& claim = std::get<ReplayClaim>(operation);
        CHECK(claim.epoch == r.guard->epoch);  // the guard's own, not what tickets are stamped with
        return r.guard->answer(claim.token, claim.expiry);
      };
      w.run();
      check(w, row.accepted, "data");
    }
}

TEST_CASE("refused: HelloRetryRequest, another suite, another protocol, another name, an unknown ticket, no guard") {
  auto refused = [](auto before, auto change) {
    Early r;
    before(r);
    r.first_wire();
    change(r);
    EarlyWire w(r, "data");
    w.run();
    check(w, false, "data");
  };
  auto nothing = [](Early&) {};
  refused(nothing, [](Early& r) { r.world.server.groups({NamedGroup::secp256r1}); });
  refused(nothing, [](Early& r) { r.world.server.always_retry(true); });
  refused(nothing, [](Early& r) { r.world.server.cipher_suites({CipherSuite::TLS_CHACHA20_POLY1305_SHA256}); });
  refused(nothing, [](Early& r) { r.world.server.cipher_suites({CipherSuite::TLS_AES_256_GCM_SHA384}); });
  refused([](Early& r) { r.world.client.alpn({"h2", "http/1.1"}), r.world.server.alpn({"h2"}); },
          [](Early& r) { r.world.server.alpn({"http/1.1"}); });
  refused(nothing, [](Early& r) { r.sealer->states.clear(); });
  refused(nothing, [](Early& r) { r.sealer->change([](session::State& s) { s.max_early_data = 0; }); });
  refused(nothing, [](Early& r) { r.sealer->change([](session::State& s) { s.binding[3] ^= 8; }); });
  refused(nothing, [](Early& r) { r.world.server.early_data(0, nullptr); });
  refused(nothing, [](Early& r) { r.allow(kLimit - 1); });  // less than was promised
  // Servers that share a guard and disagree about the window: the same token would expire at two times.
  refused(nothing, [](Early& r) { r.world.server.early_data(kLimit, r.guard, Clock::Milliseconds(10'001)); });
}

TEST_CASE("a protocol agrees: accepted; a client without that protocol offers no early data") {
  Early r;
  r.world.client.alpn({"h2"});
  r.world.server.alpn({"h2"});
  r.first_wire();
  EarlyWire w(r, "data");
  w.run();
  check(w, true, "data");
  r.world.client.alpn({"http/1.1"});
  r.world.server.alpn({"http/1.1"});
  EarlyWire q(r);
  CHECK(q.client_connection->early_data_left() == 0);
  q.run();
  REQUIRE(q.connected());
  CHECK(q.client.connection->info().resumed == Resumption::psk);
}

TEST_CASE("refused early data is skipped as far as a ticket may have promised, and no further") {
  Early r(100'000);
  r.first_wire();
  r.guard->down = true;
  EarlyWire w(r);
  std::string all;
  for (int i = 0; i < 100; ++i) all += std::string(1000, static_cast<char>('a' + i % 26));
  for (int i = 0; i < 100; ++i) w.send_early(std::string_view(all).substr(static_cast<std::size_t>(i) * 1000, 1000));
  w.run();
  check(w, false, all);
}

TEST_CASE("refused early data never costs the connection, whatever the server allows that refuses it") {
  // A fleet: another server made the promise, or this one did before its limit was lowered.
  constexpr std::size_t kPromised = limits::kMaxEarlyData;
  std::string all(kPromised, '\0');
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>('a' + i / 1000 % 26);
  void (*const kChanges[])(Early&) = {
      [](Early& r) { r.allow(kLimit); },                            // less
      [](Early& r) { r.world.server.early_data(0, nullptr); },      // nothing
      [](Early& r) { r.sealer->states.clear(); },                   // the ticket does not open
      [](Early& r) { r.sealer->states.clear(), r.allow(kLimit); },  // nor tell what it promised
      [](Early& r) { r.world.server.early_data(0, nullptr).always_retry(true); },
      [](Early& r) { r.allow(kLimit), r.world.server.groups({NamedGroup::secp256r1}); },
  };
  for (const auto change : kChanges) {
    Early r(kPromised);
    r.first_wire();
    change(r);
    EarlyWire w(r);
    for (std::size_t at = 0; at < all.size(); at += 16'000) w.send_early(std::string_view(all).substr(at, 16'000));
    CHECK(w.client_connection->early_data_left() == 0);
    w.run();
    check(w, false, all);
  }
}

TEST_CASE("RFC 9846 §4.3.10: what is skipped is bounded by the promise, the limit of today, or the greatest promise") {
  struct Row {
    std::size_t promise;  ///< twice which is skipped, beside 16 KiB
    void (*change)(Early&);
    bool psk = true;
  };
  const Row rows[] = {
      {5000, [](Early& r) { r.allow(kLimit); }},
      {5000, [](Early& r) { r.world.server.early_data(0, nullptr); }},
      {5000, [](Early& r) { r.guard->always = ReplayVerdict::seen; }},
      {9000, [](Early& r) { r.allow(9000), r.guard->always = ReplayVerdict::seen; }},
      {9000, [](Early& r) { r.allow(9000), r.guard->epoch += 1; }},
      {limits::kMaxEarlyData, [](Early& r) { r.sealer->change([](session::State& s) { s.max_early_data = ~0u; }); }},
      {limits::kMaxEarlyData, [](Early& r) { r.sealer->states.clear(); }},
      {limits::kMaxEarlyData, [](Early& r) { r.world.server.early_data(0, nullptr).always_retry(true); }},
      {0, [](Early&) {}, false},  // nobody has promised anything to a client that offers no ticket
      {0, [](Early& r) { r.world.server.always_retry(true); }, false},
  };
  for (const Row& row : rows)
    for (const int over : {-1, 0, 1}) {
      CAPTURE(row.promise);
      CAPTURE(over);
      Early r(5000);
      r.first_wire();
      row.change(r);
      if (!row.psk) {
        r.store->kept.clear();
        r.world.client_replay.rewrite = [](ByteVector& m) {
          if (m[0] == 1) m = Edit(m).append(42, "").message();
        };
      }
      EarlyWire w(r);
      w.up();
      REQUIRE_FALSE(w.server.error);
      REQUIRE(w.server.connection->info().early_data == EarlyDataStatus::rejected);
      std::size_t left = limits::kMaxSkippedEarlyData + 2 * row.promise + static_cast<std::size_t>(over);
      while (left > 0) {
        CHECK_FALSE(w.server.error);
        constexpr std::size_t kHeader = limits::kRecordHeader;
        // Whole records, of which the last is as long as what is left.
        const std::size_t size = left <= 10'000 ? left - kHeader : 9'000;
        ByteVector record = {23, 3, 3, static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
        record.resize(record.size() + size, 0xEE);
        w.server.take(record);
        left -= kHeader + size;
      }
      CHECK(w.server.error.has_value() == (over > 0));
      if (w.server.error) CHECK(w.server.error->code() == Code::too_much_skipped_early_data);
    }
}

TEST_CASE("the promise that counts is that of the first key, under which early data comes") {
  Early r(5000);
  auto key = std::make_shared<ExternalPsk>();
  key->identity = {'i'};
  key->key = Secret<ExternalPskRole, 64>(ByteVector(32, 7));
  r.world.client.external_psks({key});
  r.first_wire();
  // The first key is a ticket that does not open, the second one is known.
  r.world.server.external_psks({key}).early_data(0, nullptr);
  r.sealer->states.clear();
  EarlyWire w(r);
  w.up();
  REQUIRE(w.server.connection->info().resumed == Resumption::psk);
  ByteVector record = {23, 3, 3, 0x27, 0x10};
  record.resize(record.size() + 10'000, 0xEE);
  for (int i = 0; i < 10; ++i) w.server.take(record);  // far above 16 KiB
  CHECK_FALSE(w.server.error);
}

TEST_CASE("a wrong binder ends the connection before a byte of early data is read or claimed") {
  Early r;
  r.first_wire();
  EarlyWire w(r, "data");
  ByteVector flight = w.flight();
  const std::size_t hello = 5 + (std::size_t{flight[3]} << 8 | flight[4]);
  flight[hello - 1] ^= 1;  // the last byte of the last binder
  w.server.take(flight);
  REQUIRE(w.server.error);
  CHECK(w.server.error->code() == Code::bad_binder);
  CHECK(w.server.early.empty());
  CHECK(r.guard->tokens.empty());
  CHECK(r.guard->expiries.empty());
}

TEST_CASE("each byte of the first flight changed: no early data but what was sent, and no claim without a binder") {
  std::size_t size = 0;
  {
    Early r;
    r.first_wire();
    size = EarlyWire(r, "data").flight().size();
  }
  Early r;
  r.world.server.new_tickets(1);
  for (std::size_t byte = 0; byte < size; ++byte) {
    CAPTURE(byte);
    r.store->kept.clear();
    r.first_wire();
    EarlyWire w(r, "data");
    ByteVector flight = w.flight();
    if (byte >= flight.size()) break;
    flight[byte] ^= static_cast<std::uint8_t>(1u << (byte % 8));
    w.client.out.consume(flight.size());
    w.server.take(flight);
    const bool intact = w.server.early == ByteVector{'d', 'a', 't', 'a'};
    CHECK((w.server.early.empty() || intact));
    if (w.server.error) CHECK(w.server.error->code() != Code::internal_error);
  }
}

TEST_CASE("a server that accepts what it must refuse is refused itself") {
  auto run = [](auto prepare, bool forget, auto change) {
    Early r;
    prepare(r);
    r.first_wire();
    if (forget) r.sealer->states.clear();
    r.world.server_replay.rewrite = change;
    EarlyWire w(r, "data");
    w.run();
    REQUIRE(w.client.error);
    return w.client.error->code();
  };
  // Without a PSK.
  CHECK(run([](Early&) {}, true,
            [](ByteVector& m) {
              if (m[0] == 8) m = Edit(m).set(42, "").message();
            }) == Code::wrong_early_data_answer);
  // Another protocol than that of the data.
  CHECK(run([](Early& r) { r.world.client.alpn({"h2", "h3"}), r.world.server.alpn({"h2"}); }, false,
            [](ByteVector& m) {
              if (m[0] == 8) m = Edit(m).set(16, "0003026833").message();
            }) == Code::wrong_early_data_answer);
}

TEST_CASE("a server of TLS 1.2 that is sent early data ends in an error, as it must") {
  Early r;
  r.world.client.versions(ProtocolVersion::tls12, ProtocolVersion::tls13);
  r.first_wire();
  r.world.server.versions(ProtocolVersion::tls12, ProtocolVersion::tls12);
  EarlyWire w(r, "data");
  w.run();
  CHECK(w.client.error);
}

namespace {

/// What an exporter gives; nothing where it says that the time is wrong.
using Exported = std::optional<ByteVector>;
Exported exported(const Connection& connection) {
  ByteVector out(32);
  auto made = connection.export_keying_material("EXPORTER-x", as_bytes("context"), out);
  if (made) return out;
  CHECK(made.error().code() == Code::misuse);
  return std::nullopt;
}
Exported early_exported(const Connection& connection, std::string_view label = "EXPORTER-x") {
  ByteVector out(32);
  auto made = connection.export_early_keying_material(label, as_bytes("context"), out);
  if (made) return out;
  CHECK(made.error().code() == Code::misuse);
  return std::nullopt;
}

}  // namespace

TEST_CASE("exporters: RFC 9846 §7.5's early one with early data, the other from half-RTT data on") {
  Early r;
  r.first_wire();
  EarlyWire w(r, "x");
  const Exported early = early_exported(*w.client.connection);
  REQUIRE(early);
  CHECK_FALSE(exported(*w.client.connection));
  CHECK_FALSE(early_exported(*w.server.connection));
  CHECK_FALSE(exported(*w.server.connection));
  w.up();
  REQUIRE(w.server.early.size() == 1);
  REQUIRE_FALSE(w.server.done);
  CHECK(early_exported(*w.server.connection) == early);
  const Exported half_rtt = exported(*w.server.connection);
  REQUIRE(half_rtt);
  CHECK(half_rtt != early);
  w.run();
  REQUIRE(w.connected());
  CHECK(exported(*w.client.connection) == half_rtt);
  CHECK(exported(*w.server.connection) == half_rtt);
  CHECK_FALSE(early_exported(*w.client.connection));
  CHECK_FALSE(early_exported(*w.server.connection));
}

TEST_CASE("exporters: the early one is that of its ClientHello, label and context") {
  Early r;
  r.first_wire();
  EarlyWire w(r, "x");
  ByteVector other(32), whole(64);
  const Exported early = early_exported(*w.client.connection);
  REQUIRE(w.client.connection->export_early_keying_material("EXPORTER-x", {}, other));
  CHECK(other != early);
  CHECK(early_exported(*w.client.connection, "EXPORTER-y") != early);
  const std::string long_label(250, 'l');
  CHECK_FALSE(early_exported(*w.client.connection, long_label));
  ByteVector too_much(255 * 48 + 1);
  CHECK(w.client.connection->export_early_keying_material("a", {}, too_much).error().code() == Code::misuse);
  w.run();
  REQUIRE(w.connected());
  EarlyWire again(r, "x");
  CHECK(early_exported(*again.client.connection) != early);
}

TEST_CASE("exporters: without early data, or once it is refused, there is no early one") {
  Early r;
  {
    EarlyWire first(r);
    CHECK_FALSE(early_exported(*first.client.connection));
    first.up();
    CHECK_FALSE(early_exported(*first.server.connection));
    CHECK(exported(*first.server.connection));  // half-RTT data may be sent to a client that is not asked who it is
    first.run();
  }
  r.world.server.early_data(0, nullptr);
  EarlyWire w(r, "x");
  REQUIRE(early_exported(*w.client.connection));
  w.up();
  CHECK_FALSE(early_exported(*w.server.connection));
  CHECK(exported(*w.server.connection));
  w.down();
  CHECK(w.client.rejected);
  CHECK_FALSE(early_exported(*w.client.connection));
}

TEST_CASE("exporters: none for a server that has yet to authenticate its client") {
  Early r;
  r.world.server.client_auth(ClientAuth::request, r.world.client_verdict);
  EarlyWire w(r);
  w.up();
  CHECK_FALSE(w.server.connection->may_send());
  CHECK_FALSE(exported(*w.server.connection));
  w.run();
  REQUIRE(w.connected());
  CHECK(exported(*w.server.connection) == exported(*w.client.connection));
}

TEST_CASE("secrets: the two of early data are logged alike by both sides (RFC 9850)") {
  Early r;
  r.first_wire();
  std::vector<std::string> lines;
  r.world.client.key_log([&](std::string_view line) { lines.emplace_back(line); });
  r.world.server.key_log([&](std::string_view line) { lines.emplace_back(line); });
  EarlyWire w(r, "x");
  w.run();
  for (const std::string_view label : {"CLIENT_EARLY_TRAFFIC_SECRET ", "EARLY_EXPORTER_SECRET "}) {
    std::vector<std::string> early;
    for (const auto& line : lines)
      if (line.starts_with(label)) early.push_back(line);
    REQUIRE(early.size() == 2);
    CHECK(early[0] == early[1]);
  }
}

TEST_CASE("the server is told why it did not accept early data") {
  using enum EarlyDataRefusal;
  struct Row {
    EarlyDataRefusal why;
    void (*before)(Early&);
    void (*change)(Early&);
    EarlyDataRefusal client = by_server;
  };
  static constexpr auto nothing = [](Early&) {};
  const Row rows[] = {
      {none, nothing, nothing, none},
      {disabled, nothing, [](Early& r) { r.world.server.early_data(0, nullptr); }},
      {not_resumed, nothing, [](Early& r) { r.sealer->states.clear(); }, not_resumed},
      {retried, nothing, [](Early& r) { r.world.server.groups({NamedGroup::secp256r1}); }, retried},
      {other_suite, nothing,
       [](Early& r) { r.world.server.cipher_suites({CipherSuite::TLS_CHACHA20_POLY1305_SHA256}); }},
      {other_protocol, [](Early& r) { r.world.client.alpn({"h2", "http/1.1"}), r.world.server.alpn({"h2"}); },
       [](Early& r) { r.world.server.alpn({"http/1.1"}); }},
      {session_without, nothing, [](Early& r) { r.sealer->change([](session::State& s) { s.max_early_data = 0; }); }},
      {session_without, nothing, [](Early& r) { r.allow(kLimit - 1); }},
      {ticket_age, nothing, [](Early& r) { r.world.clock.step_wall(kWindow + 1ms); }},
      {replayed, nothing, [](Early& r) { r.guard->always = ReplayVerdict::seen; }},
      {unknown, nothing, [](Early& r) { r.guard->always = ReplayVerdict::unavailable; }},
      {unknown, nothing, [](Early& r) { r.guard->epoch += 1; }},
  };
  for (const Row& row : rows) {
    CAPTURE(static_cast<int>(row.why));
    Early r;
    row.before(r);
    r.first_wire();
    row.change(r);
    EarlyWire w(r, "data");
    w.run();
    check(w, row.why == none, "data");
    CHECK(w.server.connection->info().early_data_refusal == row.why);
    CHECK(w.client.connection->info().early_data_refusal == row.client);
  }
}

TEST_CASE("a client is told why it did not offer early data") {
  for (const bool without : {true, false}) {
    Early r;
    r.world.client.alpn({"h2"});
    r.world.server.alpn({"h2"});
    r.first_wire();
    if (without)
      for (auto& [key, list] : r.store->kept)
        for (ClientSession& s : list) const_cast<session::ClientState&>(s.state()).max_early_data = 0;
    else
      r.world.client.alpn({"http/1.1"}), r.world.server.alpn({"http/1.1"});
    EarlyWire w(r);
    CHECK(w.client_connection->early_data_left() == 0);
    w.run();
    REQUIRE(w.connected());
    CHECK(w.client.connection->info().early_data_refusal ==
          (without ? EarlyDataRefusal::session_without : EarlyDataRefusal::other_protocol));
    CHECK(w.server.connection->info().early_data_refusal == EarlyDataRefusal::none);
  }
}

TEST_CASE("a server is told by how much the ages of a ticket differ") {
  for (const Clock::Milliseconds skew : {0ms, 1500ms, -700ms}) {
    CAPTURE(skew.count());
    Early r;
    r.first_wire();
    r.world.clock.advance(1h);
    r.world.clock.step_wall(skew);  // what the client goes by
    EarlyWire w(r);
    r.world.clock.step_wall(-skew);
    w.run();
    REQUIRE(w.connected());
    CHECK(w.server.connection->info().ticket_age_skew == skew);
    CHECK_FALSE(w.client.connection->info().ticket_age_skew);
  }
}

TEST_CASE("a session without a protocol: early data for none, which a server that now chooses one refuses") {
  for (const bool chooses : {false, true}) {
    Early r;
    r.world.client.alpn({"h2"});
    r.first_wire();
    if (chooses) r.world.server.alpn({"h2"});
    EarlyWire w(r, "data");
    w.run();
    check(w, !chooses, "data");
    CHECK(w.client.connection->info().alpn == (chooses ? "h2" : ""));
  }
}
