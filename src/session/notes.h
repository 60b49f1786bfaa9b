// The public part of a session as bytes: whom it belongs to, and what the application has noted.
#pragma once

#include <cstddef>

#include "base/limits.h"
#include "tls/session.h"

namespace tls::session {

/// Most that notes_size() gives for notes that well_formed() accepts.
inline constexpr std::size_t kMaxNotes =
    64 + limits::kMaxSessionChain + 3 * limits::kMaxCertificates + limits::kMaxPeerSummary + kMaxSessionData;

/// What write_notes() can write, and nothing else: the parts that belong to `identity`, none that do not, within their
/// limits. `notes` says something.
[[nodiscard]] bool well_formed(const SessionNotes& notes) noexcept;
/// Bytes that write_notes() writes.
[[nodiscard]] std::size_t notes_size(const SessionNotes& notes) noexcept;
/// Writes notes_size() bytes. `notes` is well_formed().
void write_notes(const SessionNotes& notes, MutableBytes out) noexcept;
/// What write_notes() wrote; null for anything else, and for what another version of this code wrote.
[[nodiscard]] SessionNotesPtr parse_notes(Bytes bytes);

/// Bytes of memory that they hold, roughly, and never less than notes_size(); a chain counts whoever else shares it.
[[nodiscard]] std::size_t memory_of(const SessionNotes& notes) noexcept;

}  // namespace tls::session
