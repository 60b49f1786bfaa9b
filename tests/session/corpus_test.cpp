#include <doctest/doctest.h>

#include "fuzz/session_targets.h"
#include "session/client_state.h"
#include "states.h"
#include "support/corpus.h"
#include "tls/ticket_keys.h"

namespace tls::test {
namespace {

TEST_CASE("what is kept of sessions: seeds, regressions, cut and changed seeds") {
  for (const fuzz::Target& target : fuzz::kSessionTargets) run_corpus(target);
}

/// Calls `check(seed, of this format)` for each seed; those of the format before this one say so in their names.
template <class Check>
void for_each_seed(std::string_view target, Check check) {
  std::size_t old = 0, present = 0;
  for (const auto& file : corpus("seeds", target)) {
    CAPTURE(file.string());
    std::ifstream in(file, std::ios::binary);
    const std::vector<std::uint8_t> seed{std::istreambuf_iterator<char>(in), {}};
    const bool before = file.filename().string().starts_with("format1_");
    ++(before ? old : present);
    check(seed, !before);
  }
  CHECK(old > 0);
  CHECK(present > 0);
}

TEST_CASE("the seeds are what this format is: tickets open, states and a client's sessions are read") {
  const auto keys = *TicketKeys::make(fuzz::ticket_key());
  for_each_seed("ticket", [&](const auto& seed, bool present) {
    const auto ticket = opened(*keys, seed, milliseconds(0));
    REQUIRE(ticket);  // the key has not changed; what a ticket of before holds is an unknown session
    CHECK(session::State::decode(ticket->state).has_value() == present);
  });
  for_each_seed("session_state", [](const auto& seed, bool present) {
    const auto state = SessionState::parse(seed);
    REQUIRE(state);
    CHECK(session::State::decode(*state).has_value() == present);
  });
  for_each_seed("client_session",
                [](const auto& seed, bool present) { CHECK(ClientSession::parse(seed).has_value() == present); });
}

}  // namespace
}  // namespace tls::test
