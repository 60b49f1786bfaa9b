// What a connection keeps of secrets is gone when it is given back: early data that may have to be sent again, the
// lines of the key log, the keys of a connection that failed.
#include <doctest/doctest.h>

#include "connection/fake_handshake.h"
#include "support/freed_memory.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::test;
using Texts = std::vector<std::string>;

#if defined(SALLYPORT_LOOKS_AT_FREED_MEMORY)

TEST_CASE("a line of the key log is wiped when the application has seen it, whatever it throws") {
  const ByteList logged = unhex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  for (const bool throws : {false, true}) {
    Script script;
    std::string line;
    line.reserve(200);
    auto with_log = settings();
    auto changed = std::make_shared<CommonSettings>(*with_log);
    changed->key_log = [&](std::string_view text) {
      line.assign(text);
      if (throws) throw std::runtime_error("as the test demands");
    };
    script.on_message = [&](Bytes, bool, Sink& sink) -> Result<void> {
      sink.log_secret("LABEL", logged, logged);
      return {};
    };
    TestConnection connection(script, changed);
    Peer peer;
    Output out;
    const ByteList hello = peer.records(ContentType::handshake, message(1, 0));
    const std::string hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    CHECK(freed_with(as_bytes(hex), [&] { (void)events(connection, hello, out); }) == 0);
    CHECK(line == "LABEL " + hex + " " + hex);
  }
}

#endif

namespace {

/// Counts the keys of an AEAD that live.
int living_keys = 0;
const crypto::AeadImpl* counted = nullptr;
crypto::AeadImpl counting_aead() {
  counted = suite().aead;
  crypto::AeadImpl counting = *counted;
  counting.init = [](void* state, const std::uint8_t* key) noexcept {
    ++living_keys;
    counted->init(state, key);
  };
  counting.wipe = [](void* state) noexcept {
    --living_keys;
    counted->wipe(state);
  };
  return counting;
}

}  // namespace

TEST_CASE("RFC 9846 §6.2: a connection that fails forgets its keys at once, those of either direction") {
  const crypto::AeadImpl aead = counting_aead();
  for (const Direction direction : {Direction::write, Direction::read}) {
    Script script;
    script.on_message = [&](Bytes, bool, Sink& sink) -> Result<void> {
      sink.install(direction, Epoch::handshake, {nullptr, &aead, suite().hash}, secret(1));
      return {};
    };
    TestConnection connection(script);
    Peer peer;
    Output out;
    CHECK(events(connection, peer.records(ContentType::handshake, message(1, 0)), out).empty());
    CHECK(living_keys == 1);
    connection.abort(Alert::internal_error, out);
    CHECK(living_keys == 0);
  }
}

TEST_CASE("a connection that failed has no keys: nothing is sent, nothing is opened, and it stays failed") {
  Established e;
  REQUIRE(e.connection.send(as_bytes("before"), e.out));
  CHECK(e.peer.read(e.out).size() == 1);
  ByteList forged = e.peer.records(ContentType::application_data, "01");
  forged.back() ^= 1;
  CHECK(events(e.connection, forged, e.out) == Texts{"failed bad_record_mac"});
  (void)e.peer.read(e.out);  // the alert
  CHECK_FALSE(e.connection.may_send());
  CHECK_FALSE(e.connection.send(as_bytes("after"), e.out));
  CHECK(e.out.empty());
  CHECK(events(e.connection, e.peer.records(ContentType::application_data, "01"), e.out) ==
        Texts{"failed bad_record_mac"});
}
