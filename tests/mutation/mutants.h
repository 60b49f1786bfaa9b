// The switches of mutants, as instrumented sources see them (script/mutate).
#pragma once

namespace mutants {

/// Whether mutant `n` is on, and notes that it was asked for.
bool chosen(unsigned n) noexcept;

/// In constant expressions there are no mutants.
constexpr bool on(unsigned n) noexcept {
  if consteval {
    return false;
  }
  return chosen(n);
}

}  // namespace mutants
