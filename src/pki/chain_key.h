// Under what a verdict on a chain is remembered.
#pragma once

#include <optional>

#include "pki/fingerprint.h"
#include "pki/judge.h"

namespace tls::pki {

/// Everything that judge() looks at, but for the time. The place is that of the leaf (by what its issuer has signed)
/// and the question: whoever has one leaf has one place, whatever else he sends. What signatures are accepted, and all
/// limits, are constants of this build, and a memory does not outlive its process.
///
/// Nothing for what is larger than limits::kMaxRememberedChain, certificates and staples together: to hash it costs
/// more than what a stranger may make us do, and no chain in use is so large.
[[nodiscard]] std::optional<MemoryKey> chain_key(const Anchors& anchors, const PeerChain& chain,
                                                 const Question& question) noexcept;

}  // namespace tls::pki
