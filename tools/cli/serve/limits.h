// What one visitor of `sallyport server` may take of its time and memory.
#pragma once

#include <chrono>
#include <cstddef>

namespace sallyport::cli {

/// From the connection to the end of the handshake. A visitor that says nothing has as long.
inline constexpr std::chrono::milliseconds kHandshakeLimit{10'000};
/// For which nothing may be written to a visitor: it asks for nothing, is slow to ask, or does not read.
inline constexpr std::chrono::milliseconds kIdleLimit{60'000};
/// For a visitor to end its side once we have ended ours, and to take the alert of a failure.
inline constexpr std::chrono::milliseconds kLingerLimit{2'000};
/// Bytes that are thrown away meanwhile.
inline constexpr std::size_t kMaxDrained = 1 << 20;

/// Bytes of a request's head (RFC 9112 §3).
inline constexpr std::size_t kMaxHead = 16 << 10;
/// Bytes of an answer that are encrypted before the first of them is written: what a visitor that does not read costs.
inline constexpr std::size_t kPiece = 64 << 10;
/// Bytes that are written to one visitor before the others get their turn.
inline constexpr std::size_t kTurn = 1 << 20;
/// How long a listener rests when the system has no descriptor for a new connection. It tries again earlier when one of
/// its thread's visitors leaves.
inline constexpr std::chrono::milliseconds kAcceptRest{100};

/// Those that tests change.
struct Limits {
  std::chrono::milliseconds handshake = kHandshakeLimit, idle = kIdleLimit, linger = kLingerLimit;
  std::size_t turn = kTurn;
};

}  // namespace sallyport::cli
