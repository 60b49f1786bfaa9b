// Judges every hostile chain, and has callgrind count the instructions of each. Prints the bound, then of each name,
// bytes, verdict, the verdict that is expected and the least microseconds of three (under valgrind: of one, and they
// say nothing).
#include <valgrind/callgrind.h>

#include <algorithm>
#include <chrono>
#include <iostream>

#include "chain_cost/bound.h"
#include "chain_cost/hostile.h"
#include "support/pki.h"

int main() {
  using namespace tls;
  std::cout << "bound\t" << test::kMostInstructions << '\n';
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
    auto begin = std::chrono::steady_clock::now();
    const auto answer = (*verifier)->verify(input);
    auto least = std::chrono::steady_clock::now() - begin;
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(hostile.name.c_str());
    // Above, what a stranger's chain costs who has a memory to put it into. Here nobody remembers it.
    const auto forgetful = with_memory(*verifier, VerificationMemory::off());
    for (int again = 0; again < 2 && RUNNING_ON_VALGRIND == 0; ++again) {
      begin = std::chrono::steady_clock::now();
      (void)(*forgetful)->verify(input);
      least = std::min(least, std::chrono::steady_clock::now() - begin);
    }
    std::cout << hostile.name << '\t' << bytes << '\t'
              << (answer && *answer ? "accepted" : std::string(facts(answer->error().code()).name)) << '\t'
              << facts(hostile.expected).name << '\t'
              << std::chrono::duration_cast<std::chrono::microseconds>(least).count() << '\n';
  }
}
