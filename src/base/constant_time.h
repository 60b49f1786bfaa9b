// Comparisons whose time does not depend on the bytes, and marks for valgrind that find those that do.
#pragma once

#include "tls/bytes.h"

namespace tls {

/// True when both have the same length and bytes. The time depends on the length alone.
[[nodiscard]] bool constant_time_equal(Bytes a, Bytes b) noexcept;

/// Tells valgrind's memcheck that these bytes are secret: a branch or an address that depends on them is reported.
/// Nothing outside valgrind.
void poison(Bytes secret) noexcept;
/// Takes the mark back: the bytes are public from here on (a tag's verdict, a ciphertext).
void unpoison(Bytes declassified) noexcept;

}  // namespace tls
