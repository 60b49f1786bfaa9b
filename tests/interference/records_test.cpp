// Somebody on the way who cannot decrypt: records are lost, repeated, swapped, cut and changed. Nothing that he does
// may end otherwise than in a clean failure of both sides, or in a connection that both see alike.
#include "interference/wire.h"

using namespace tls;
using namespace tls::test;

namespace {

void run_and_check(const Shape& shape, const Interfere& interfere) {
  Wire wire(shape);
  wire.run(Chunks::whole, interfere);
  wire.check_clean();
  // An end that failed told the other, unless the other had failed before.
  for (const auto& [a, b] : {std::pair{&wire.client, &wire.server}, std::pair{&wire.server, &wire.client}})
    if (a->error && a->error->alert()) CHECK(b->error);
  if (!wire.connected()) wire.cut();
  wire.check_clean();
}

bool is_ccs(const ByteList& record) { return record[0] == 20; }

}  // namespace

TEST_CASE("each record lost, sent twice, or swapped with the next") {
  for (const Shape& shape : kShapes)
    for (const bool of_client : {true, false}) {
      const std::size_t n = count_records(shape, of_client);
      for (std::size_t target = 0; target < n; ++target) {
        CAPTURE(shape.name);
        CAPTURE(of_client);
        CAPTURE(target);
        run_and_check(shape, at_record(of_client, target, [&](auto& records, std::size_t i) {
                        records.erase(records.begin() + static_cast<std::ptrdiff_t>(i));
                      }));
        run_and_check(shape, at_record(of_client, target, [&](auto& records, std::size_t i) {
                        records.insert(records.begin() + static_cast<std::ptrdiff_t>(i), ByteList(records[i]));
                      }));
        run_and_check(shape, at_record(of_client, target, [&](auto& records, std::size_t i) {
                        if (i + 1 < records.size()) std::swap(records[i], records[i + 1]);
                      }));
      }
    }
}

TEST_CASE("a lost record of the handshake is never overcome, a lost compatibility ChangeCipherSpec is") {
  for (const Shape& shape : kShapes)
    for (const bool of_client : {true, false}) {
      const std::size_t n = count_records(shape, of_client);
      for (std::size_t target = 0; target < n; ++target) {
        CAPTURE(shape.name);
        CAPTURE(target);
        bool ccs = false;
        Wire wire(shape);
        wire.run(Chunks::whole, at_record(of_client, target, [&](auto& records, std::size_t i) {
                   ccs = is_ccs(records[i]);
                   records.erase(records.begin() + static_cast<std::ptrdiff_t>(i));
                 }));
        const bool overcome = ccs && !shape.name.contains("TLS 1.2");  // where it is no compatibility
        CHECK(wire.connected() == overcome);
        if (overcome) wire.exchange();
      }
    }
}

TEST_CASE("every byte of every record changed once: nobody is connected to somebody who is not") {
  // A bit of each byte. The wire carries nothing that may change but a few bytes that RFC 9846 says to ignore
  // (legacy_record_version): then the handshake completes as if nothing had been.
  for (const Shape& shape :
       {kShapes[0], kShapes[2], kShapes[4], kShapes[8], kShapes[9], kShapes[10], kShapes[11], kShapes[12]})
    for (const bool of_client : {true, false}) {
      const std::size_t n = count_records(shape, of_client);
      for (std::size_t target = 0; target < n; ++target)
        for (std::size_t byte = 0;; ++byte) {
          bool beyond = false;
          const auto flip = at_record(of_client, target, [&](auto& records, std::size_t i) {
            beyond = byte >= records[i].size();
            if (!beyond) records[i][byte] ^= static_cast<std::uint8_t>(1u << (byte % 8));
          });
          Wire wire(shape);
          wire.run(Chunks::whole, flip);
          if (beyond) break;
          INFO(shape.name << (of_client ? " client" : " server") << " record " << target << " byte " << byte);
          if (wire.connected()) CHECK_MESSAGE((byte == 1 || byte == 2), "a change went unnoticed");
          wire.check_clean();
          if (!wire.connected()) wire.cut();
          wire.check_clean();
        }
    }
}

TEST_CASE("records cut short: both wait, and the end of the transport is an error, never an end") {
  for (const Shape& shape :
       {kShapes[0], kShapes[2], kShapes[4], kShapes[8], kShapes[9], kShapes[10], kShapes[11], kShapes[12]})
    for (const bool of_client : {true, false}) {
      const std::size_t n = count_records(shape, of_client);
      for (std::size_t target = 0; target < n; ++target)
        for (const std::size_t keep : {1u, 4u, 5u, 6u}) {
          Wire wire(shape);
          wire.run(Chunks::whole, at_record(of_client, target, [&](auto& records, std::size_t i) {
                     if (keep < records[i].size()) records[i].resize(keep);
                     records.resize(i + 1);
                   }));
          CHECK_FALSE((wire.client.error && wire.client.error->code() == Code::internal_error));
          if (!wire.connected()) {
            wire.cut();
            CHECK(wire.client.error);
            CHECK(wire.server.error);
          }
          wire.check_clean();
        }
    }
}

TEST_CASE("garbage instead of a peer") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SeededRandom random(seed);
    Wire wire(kShapes[0], seed);
    for (End* end : {&wire.client, &wire.server}) {
      end->out.consume(end->out.size());
      ByteList garbage(1 + random.below(600));
      random.fill(garbage);
      if (seed % 3 == 0) garbage[0] = 22, garbage[1] = 3, garbage[2] = 3;  // looks like a record
      if (seed % 3 == 1 && garbage.size() > 9)
        garbage[0] = 22, garbage[1] = 3, garbage[2] = 1, garbage[3] = 0,
        garbage[4] = static_cast<std::uint8_t>(random.below(200)), garbage[5] = end == &wire.client ? 2 : 1,
        garbage[6] = 0, garbage[7] = 0;
      end->unread = garbage;
      end->take(wire.world);
      CHECK_FALSE(end->done);
    }
    wire.cut();
    wire.check_clean();
  }
}
