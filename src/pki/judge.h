// The verdict on a peer's chain: the one judge of the verifiers and of `sallyport verify`.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "pki/path_search.h"
#include "pki/staple.h"
#include "pki/verification_store.h"
#include "tls/verifier.h"

namespace tls::pki {

/// What is asked about a chain.
struct Question {
  Role role = Role::server;  ///< of the peer
  std::string_view name;     ///< that the server was asked for; not looked at for clients
  Clock::Milliseconds now{};
  bool leaf_key_checked = false;  ///< the handshake has made the leaf's key (leaf_public_key()) already
  StaplePolicy staples = StaplePolicy::ignore;
  Bytes leaf_staple = {};                                          ///< empty: none
  std::span<const std::vector<std::uint8_t>> issuer_staples = {};  ///< see ChainToVerify::issuer_ocsp_responses
  CrlQuestion crls = {};
  VerificationStore* memory = nullptr;  ///< null: nothing is remembered. It changes no verdict
};

/// Whether `chain` is that of the peer that `question` tells of: its leaf may sign, a path leads to one of `anchors`
/// (find_path()), which no CRL forbids, a server has the name, and the staples are as the policy wants them. Fails as
/// leaf_public_key(), find_path(), check_server_name() and check_staples() do. Where no path leads to an anchor and a
/// certificate of the chain could not be read, the error is the reader's: that certificate may be the one that is
/// missing. With a memory a chain that was accepted is so again, for the same question and within the period in which
/// every comparison with the time comes out as it did. Who wants a report has everything verified.
[[nodiscard]] Result<Accepted> judge(const Anchors& anchors, const PeerChain& chain, const Question& question,
                                     SearchReport* report = nullptr);

}  // namespace tls::pki
