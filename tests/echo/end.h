// One end of a connection, through the public API alone, and what carries bytes from one to the other.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "tls/tls.h"

namespace tls::test {

/// One end: a connection, what it must send, and all the data that it has received.
struct End {
  Connection connection;
  Output out;
  std::vector<std::uint8_t> in, received;
  bool may_fail = false;  ///< else the test fails
  std::optional<Error> failed = std::nullopt;

  /// Handles all that arrived; no event but data and the handshake's end is expected, and a failure where it may be.
  void settle() {
    std::size_t used = 0;
    for (;;) {
      const Step step = connection.step(MutableBytes(in).subspan(used), out);
      used += step.consumed;
      if (std::holds_alternative<NeedInput>(step.event)) break;
      if (const auto* failure = std::get_if<Failed>(&step.event)) {
        if (!may_fail) FAIL(failure->error.message());
        failed = failure->error;
        break;
      }
      if (const auto* data = std::get_if<AppData>(&step.event))
        received.insert(received.end(), data->bytes.begin(), data->bytes.end());
    }
    in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(used));
  }
};

/// Moves what `from` has to send to `to`, in pieces of at most `piece()` bytes.
template <class Piece>
void carry(End& from, End& to, Piece&& piece) {
  while (!from.out.empty()) {
    const Bytes all = from.out.bytes();
    const std::size_t n = std::min<std::size_t>(piece(), all.size());
    to.in.insert(to.in.end(), all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n));
    from.out.consume(n);
    to.settle();
  }
}
inline constexpr auto kWhole = [] { return std::size_t{1} << 30; };

}  // namespace tls::test
