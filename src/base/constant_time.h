// Comparisons in constant time, and marks for valgrind that find code whose time depends on secret bytes.
#pragma once

#include "tls/bytes.h"

namespace tls {

/// Returns true if both have the same length and the same bytes. The time depends on the length alone.
[[nodiscard]] bool constant_time_equal(Bytes a, Bytes b) noexcept;

/// Tells valgrind's memcheck that these bytes are secret, so it reports each branch and each address that depends on
/// them. Has no effect outside valgrind.
void poison(Bytes secret) noexcept;
/// Removes the mark. From here on the bytes are public, such as the result of a tag check or a ciphertext.
void unpoison(Bytes declassified) noexcept;

}  // namespace tls
