#!/usr/bin/env bash
# The build must fail when a machine's table and its handlers disagree: the first and the last row are taken out, a set of
# successors gets one state more, one gets one less, a row is doubled, two states change places. That every row and every
# successor is looked at is shown by tables_test.cpp.
#   tables_must_agree.sh COMPILER SOURCE_DIR INCLUDE_DIR[:INCLUDE_DIR]...
set -euo pipefail
compiler="$1" source="$2/src" includes=()
IFS=: read -ra directories <<<"$3"
for directory in "${directories[@]}"; do includes+=(-I "$directory"); done
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
flags=(-std=c++23 -w "${includes[@]}")
failures=0 tried=0

# check NAME EXPECTED: compiles the changed header, which must fail with that text ("" : must compile).
check() {
  local name="$1" expected="$2" output
  tried=$((tried + 1))
  if output="$("$compiler" "${flags[@]}" -I "$work" -include "$work/prelude.h" -fsyntax-only "$work/unit.cpp" 2>&1)"; then
    [ -z "$expected" ] && return
    echo "FAIL: $name: it compiles"
  else
    [ -n "$expected" ] && grep -qF "$expected" <<<"$output" && return
    echo "FAIL: $name: the compiler does not say \"$expected\" but:"
    head -5 <<<"$output"
  fi
  failures=$((failures + 1))
}

for header in "$source"/handshake/*/*.h; do
  grep -q 'kTable\[\] = {' "$header" && grep -q '^struct Spec' "$header" || continue
  machine="$(basename "$header" .h)"
  inside="handshake/$machine/$machine.h"
  mkdir -p "$work/handshake/$machine"
  changed="$work/$inside"
  # All that the header includes is compiled once; what is tried is the header alone.
  grep '^#include' "$header" >"$work/prelude.h"
  "$compiler" "${flags[@]}" -x c++-header "$work/prelude.h" -o "$work/prelude.h.gch"
  printf '#include "%s"\nstatic_assert(tls::handshake::Proof<tls::handshake::%s::Spec>::holds);\n' "$inside" "$machine" \
    >"$work/unit.cpp"

  cp "$header" "$changed"
  check "$machine as it is" ""

  mapfile -t rows < <(grep -nE '^ *\{Id::\w+, *On::' "$header" | cut -d: -f1)
  mapfile -t states < <(grep -oE '^ *\{Id::\w+, *"' "$header" | grep -oE 'Id::\w+')
  [ "${#rows[@]}" -ge 2 ] && [ "${#states[@]}" -ge 2 ] || { echo "FAIL: $machine: no table found"; exit 1; }
  for line in "${rows[0]}" "${rows[-1]}"; do
    row="$(sed -n "${line}p" "$header")"
    sed "${line}d" "$header" >"$changed"
    check "$machine: $(grep -oE 'Id::\w+' <<<"$row" | head -1) $(grep -oE 'On::\w+' <<<"$row") taken out" \
      "table and handlers disagree"
  done

  row="$(sed -n "${rows[0]}p" "$header")"
  set_text="$(grep -oE 'to\([^)]*\)' <<<"$row")"
  for state in "${states[@]}"; do
    grep -qw "$state" <<<"$set_text" && continue
    sed "${rows[0]}s/$set_text/${set_text%)}, $state)/" "$header" >"$changed"
    check "$machine: the first row may also lead to $state" "table and handlers disagree"
    break
  done
  for line in "${rows[@]}"; do
    set_text="$(sed -n "${line}p" "$header" | grep -oE 'to\([^)]*,[^)]*\)')" || continue
    sed "${line}s/$set_text/${set_text%,*})/" "$header" >"$changed"
    check "$machine: $set_text without the last" "table and handlers disagree"
    break
  done

  sed "${rows[0]}p" "$header" >"$changed"
  check "$machine: a row twice" "two rows of the table share state and event"
  awk '/^ *\{Id::[a-z_]+, *"/ && !done { if (held == "") { held = $0; next } print; print held; done = 1; next } { print }' \
    "$header" >"$changed"
  check "$machine: two states out of order" "the table of states is not in the order of the states"
done

# After the handshake there is one state, and table and handlers stand in one source.
post="$source/handshake/post13/post13.cpp"
printf '#include "%s/unit.h"\n' "$work" >"$work/unit.cpp"
: >"$work/prelude.h" && rm -f "$work/prelude.h.gch"
cp "$post" "$work/unit.h"
check "post13 as it is" ""
mapfile -t rows < <(grep -nE '^ *\{0, *On::' "$post" | cut -d: -f1)
[ "${#rows[@]}" -ge 2 ] || { echo "FAIL: post13: no table found"; exit 1; }
for line in "${rows[@]}"; do
  what="post13: $(sed -n "${line}p" "$post" | grep -oE 'On::\w+')"
  sed -e "${line}d" -e "s/Transition, ${#rows[@]}>/Transition, $((${#rows[@]} - 1))>/" "$post" >"$work/unit.h"
  check "$what taken out" "table and handlers disagree"
  sed "${line}s/IdSet{1}/IdSet{2}/" "$post" >"$work/unit.h"
  check "$what leads elsewhere" "table and handlers disagree"
done

[ "$tried" -gt 2 ] || { echo "FAIL: no machine was found"; exit 1; }
echo "$tried headers tried, $failures wrong"
[ "$failures" -eq 0 ]
