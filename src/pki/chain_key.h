// Under what a verdict on a chain is remembered.
#pragma once

#include "pki/fingerprint.h"
#include "pki/judge.h"

namespace tls::pki {

/// Everything that judge() looks at, but for the time. The place is that of the leaf (by what its issuer has signed)
/// and the question: whoever has one leaf has one place, whatever else he sends. What signatures are accepted, and all
/// limits, are constants of this build, and a memory does not outlive its process.
[[nodiscard]] MemoryKey chain_key(const Anchors& anchors, const PeerChain& chain, const Question& question) noexcept;

}  // namespace tls::pki
