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

}  // namespace

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
