// The public part of a session as bytes: the identity of the peer, and the application's data.
#pragma once

#include <cstddef>

#include "base/limits.h"
#include "tls/session.h"

namespace tls::session {

/// The largest result of notes_size() for notes that well_formed() accepts.
inline constexpr std::size_t kMaxNotes =
    64 + limits::kMaxSessionChain + 3 * limits::kMaxCertificates + limits::kMaxPeerSummary + kMaxSessionData;

/// Returns true exactly for notes that write_notes() can write: they have the parts that belong to `identity`, no other
/// parts, are within their limits, and are not empty.
[[nodiscard]] bool well_formed(const SessionNotes& notes) noexcept;
/// Returns the number of bytes that write_notes() writes.
[[nodiscard]] std::size_t notes_size(const SessionNotes& notes) noexcept;
/// Writes notes_size() bytes. Precondition: well_formed(notes).
void write_notes(const SessionNotes& notes, MutableBytes out) noexcept;
/// Parses the bytes that write_notes() wrote. Returns null for other bytes, and for bytes from another version of this
/// code.
[[nodiscard]] SessionNotesPtr parse_notes(Bytes bytes);

/// Returns the approximate bytes of memory that the notes hold, at least notes_size(). A chain counts fully, even if it
/// is shared.
[[nodiscard]] std::size_t memory_of(const SessionNotes& notes) noexcept;

}  // namespace tls::session
