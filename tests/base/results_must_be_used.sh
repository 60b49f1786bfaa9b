#!/usr/bin/env bash
# Who ignores a Result or an Answer is warned by the compiler: results_must_be_used.cpp, case by case.
#   results_must_be_used.sh COMPILER SOURCE_DIR
set -euo pipefail
compiler="$1" source="$2"
unit="$source/tests/base/results_must_be_used.cpp"
compile() {
  "$compiler" -std=c++23 -fsyntax-only -Werror=unused-result -I "$source/include" -I "$source/adapters/include" "$@" "$unit" 2>&1
}

if ! output="$(compile -DON_PURPOSE)"; then
  echo "FAIL: with (void) it does not compile: $output"
  exit 1
fi
cases="$(grep -c '^  IGNORED ' "$unit")"
# One compilation shows them all: each is a line of its own, and must have its error.
output="$(compile || true)"
failures=0
while IFS=: read -r line text; do
  if ! grep -q "results_must_be_used.cpp:$line:.*error.*unused-result" <<<"$output"; then
    echo "FAIL: nobody is warned of line $line: $text"
    failures=$((failures + 1))
  fi
done < <(grep -n '^  IGNORED ' "$unit")
echo "$cases tried, $failures failed"
[ "$cases" -gt 0 ] && [ "$failures" -eq 0 ]
