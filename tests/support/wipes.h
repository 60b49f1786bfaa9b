// What is wiped while somebody looks. For programs that lead all wiping to wipes.cpp: LINKER:--wrap=explicit_bzero.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tls/bytes.h"

namespace tls::test {

using Wiped = std::vector<std::vector<std::uint8_t>>;

/// Where this thread's wipes are written down; null: nowhere.
extern thread_local Wiped* wipes_seen;

/// What each block that `run` wipes held before, in this thread.
template <class Run>
Wiped wiped_during(Run&& run) {
  Wiped seen;
  wipes_seen = &seen;
  run();
  wipes_seen = nullptr;
  return seen;
}

/// How many blocks of `size` bytes that hold `needle` are wiped by `run`.
template <class Run>
std::ptrdiff_t wiped_with(Bytes needle, std::size_t size, Run&& run) {
  return std::ranges::count_if(wiped_during(run), [&](const auto& block) {
    return block.size() == size && !std::ranges::search(block, needle).empty();
  });
}

}  // namespace tls::test
