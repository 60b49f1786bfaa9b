// Somebody who stands inside the encryption: messages at the Sink are lost, repeated, swapped and changed, every byte
// of every message. The transcript sees it all: nobody is connected to somebody who saw another handshake.
#include "handshake/pair.h"
#include "interference/shapes.h"

using namespace tls;
using namespace tls::test;

namespace {

std::size_t count_messages(const Shape& shape) {
  World w;
  shape.prepare(w);
  Pair p(w);
  std::size_t n = 0;
  p.on_the_way = [&](bool, ByteVector&) { ++n; };
  p.run();
  REQUIRE(p.connected());
  return n;
}

void check_clean(const Pair& p) {
  for (const Side* side : {&p.client, &p.server})
    if (side->error) {
      CHECK(side->error->alert());
      CHECK(side->error->code() != Code::internal_error);
      CHECK(side->error->code() != Code::misuse);
    }
}

}  // namespace

TEST_CASE("each message lost, repeated, or swapped with the next: nobody is connected") {
  for (const Shape& shape : kShapes) {
    const std::size_t n = count_messages(shape);
    for (std::size_t target = 0; target < n; ++target)
      for (int what = 0; what < 3; ++what) {
        CAPTURE(shape.name);
        CAPTURE(target);
        CAPTURE(what);
        World w;
        shape.prepare(w);
        Pair p(w);
        std::size_t seen = 0;
        bool done = true;
        p.on_the_way = [&](bool from_client, ByteVector& m) {
          if (seen++ != target) return;
          auto& queue = from_client ? p.client.sink.outbox : p.server.sink.outbox;
          if (what == 0) {
            m.clear();
          } else if (what == 1) {
            queue.push_front({m, Epoch::plaintext, queue.empty()});
          } else if (queue.empty()) {
            done = false;
          } else {
            std::swap(m, queue.front().bytes);
          }
        };
        p.run();
        check_clean(p);
        if (!done) continue;
        // The last message, the client's Finished, may be repeated: the server is connected and refuses what follows.
        CHECK_FALSE(p.connected());
      }
  }
}

TEST_CASE("every byte of every message changed on its way: the receiver fails at once, or the transcript tells") {
  for (const Shape& shape : {kShapes[0], kShapes[6], kShapes[8], kShapes[9], kShapes[10], kShapes[11], kShapes[12]}) {
    const std::size_t n = count_messages(shape);
    for (std::size_t target = 0; target < n; ++target)
      for (std::size_t byte = 0;; ++byte) {
        World w;
        shape.prepare(w);
        Pair p(w);
        std::size_t seen = 0;
        bool beyond = false;
        p.on_the_way = [&](bool, ByteVector& m) {
          if (seen++ != target) return;
          // The three bytes of length are the framing's: a connection waits for as much as they say.
          beyond = byte >= m.size();
          if (!beyond) m[byte] ^= static_cast<std::uint8_t>(1u << (byte % 8));
          if (byte >= 1 && byte <= 3) m[byte] ^= static_cast<std::uint8_t>(1u << (byte % 8));
        };
        p.run();
        if (beyond) break;
        INFO(shape.name << " message " << target << " byte " << byte);
        check_clean(p);
        if (byte < 1 || byte > 3) CHECK_FALSE(p.connected());
      }
  }
}

TEST_CASE(
    "every byte of every message changed by its sender, who signs what he says: no crash, and failures are clean") {
  for (const Shape& shape : {kShapes[6], kShapes[7], kShapes[8], kShapes[9], kShapes[10], kShapes[11], kShapes[12]}) {
    const std::size_t n = count_messages(shape);
    for (const bool client : {true, false})
      for (std::size_t target = 0; target < n; ++target)
        for (std::size_t byte = 4;; ++byte) {
          World w;
          shape.prepare(w);
          std::size_t seen = 0;
          bool beyond = true;
          (client ? w.client_replay : w.server_replay).rewrite = [&](ByteVector& m) {
            if (seen++ != target) return;
            beyond = byte >= m.size();
            if (!beyond) m[byte] ^= static_cast<std::uint8_t>(1u << (byte % 8));
          };
          Pair p(w);
          p.run();
          if (beyond) break;
          INFO(shape.name << " message " << target << " byte " << byte);
          check_clean(p);
        }
  }
}
