// Memory that runs out, at every point of every shape of handshake: the connection fails and says why, and whatever is
// called afterwards is safe. Under AddressSanitizer too, which sees who still points into a buffer that is gone.
#include "interference/faults.h"

using namespace tls;
using namespace tls::test;

namespace {

struct Tally {
  std::size_t tried = 0;
  std::size_t survived = 0;  ///< nobody noticed
};

/// Every allocation of the shape fails, one in each trial.
Tally exhaust(const Shape& shape, Faults::Lasting lasting) {
  Tally tally;
  for (std::size_t n = 1;; ++n) {
    CAPTURE(n);
    Trial trial(shape);
    trial.build();
    Faults::plan(n, lasting);
    trial.run();
    const bool fired = Faults::fired();
    Faults::plan(0, lasting);
    CHECK(trial.escaped == "");
    if (!fired) {
      CHECK(trial.complete());
      return tally;
    }
    ++tally.tried;
    if (trial.complete() && !trial.refusal) {
      ++tally.survived;
      continue;
    }
    CHECK((trial.refusal ? facts(*trial.refusal).name : "nothing") == "out_of_memory");
  }
}

/// Every allocation of build() fails, one in each trial. How many there are.
template <class Make>
std::size_t exhaust_build(Make make) {
  for (std::size_t n = 1;; ++n) {
    CAPTURE(n);
    auto builder = make();
    bool escaped = false;
    std::optional<Code> refusal;
    Faults::plan(n, Faults::Lasting::once);
    try {
      const Faults::Call now;
      const auto built = builder.build();
      if (!built) refusal = built.error().code();
    } catch (...) {
      escaped = true;
    }
    const bool fired = Faults::fired();
    Faults::plan(0, Faults::Lasting::once);
    CHECK_FALSE(escaped);
    if (!fired) {
      CHECK_FALSE(refusal);
      return n - 1;
    }
    CHECK(refusal == Code::out_of_memory);
  }
}

}  // namespace

TEST_CASE("build(): every allocation fails once, and is out_of_memory") {
  CHECK(exhaust_build([] {
          auto builder = ClientConfig::builder();
          builder.trust(trust_anyone_insecurely()).alpn({"a protocol with a long name"});
          return builder;
        }) > 0);
  CHECK(exhaust_build([] {
          auto builder = ServerConfig::builder();
          builder.credentials(std::make_shared<Source>(credential(KeyKind::ed25519)));
          return builder;
        }) > 0);
}

TEST_CASE("every allocation of every shape fails once: the connection fails, and stepping goes on") {
  for (const Shape& shape : kShapes)
    for (const auto lasting : {Faults::Lasting::once, Faults::Lasting::for_this_call}) {
      CAPTURE(shape.name);
      CAPTURE(static_cast<int>(lasting));
      const Tally tally = exhaust(shape, lasting);
      CHECK(tally.tried > 30);
      CHECK(tally.survived == 0);
      MESSAGE(shape.name << ": " << tally.tried << " allocations failed");
      // What other connections share has not suffered.
      Wire wire(shape);
      wire.run();
      CHECK(wire.connected());
    }
}
