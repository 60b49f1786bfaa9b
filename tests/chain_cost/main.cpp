// Judges every hostile chain once, and has callgrind count the instructions of each. Without valgrind it only says what
// the verdicts are.
#include <valgrind/callgrind.h>

#include <chrono>
#include <iostream>

#include "chain_cost/hostile.h"
#include "support/pki.h"

int main() {
  using namespace tls;
  for (const test::HostileChain& hostile : test::hostile_chains()) {
    const auto verifier = trust_pem(hostile.roots_pem);
    if (!verifier) return std::cerr << hostile.name << ": " << verifier.error().message() << '\n', 1;
    ChainToVerify input;
    input.server_name = "a.example";
    input.chain = hostile.chain;
    input.now = std::chrono::seconds(test::kNow);
    std::size_t bytes = 0;
    for (const Bytes one : input.chain) bytes += one.size();
    CALLGRIND_ZERO_STATS;
    CALLGRIND_TOGGLE_COLLECT;
    const auto answer = (*verifier)->verify(input);
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(hostile.name.c_str());
    std::cout << hostile.name << '\t' << bytes << '\t'
              << (answer && *answer ? "accepted" : std::string(facts(answer->error().code()).name)) << '\n';
  }
}
