// The verdict on a peer's chain: the one judge of the verifiers and of `sallyport verify`.
#pragma once

#include <string_view>

#include "pki/path_search.h"

namespace tls::pki {

/// What is asked about a chain.
struct Question {
  Role role = Role::server;  ///< of the peer
  std::string_view name;     ///< that the server was asked for; not looked at for clients
  Clock::Milliseconds now{};
  bool leaf_key_checked = false;  ///< the handshake has made the leaf's key (leaf_public_key()) already
};

/// Whether `chain` is that of the peer that `question` tells of: its leaf may sign, a path leads to one of `anchors`
/// (find_path()), and a server has the name. Returns how long the path is valid. Fails as leaf_public_key(),
/// find_path() and check_server_name() do. Where no path leads to an anchor and a certificate of the chain could not be
/// read, the error is the reader's: that certificate may be the one that is missing.
[[nodiscard]] Result<Clock::Milliseconds> judge(const Anchors& anchors, const PeerChain& chain,
                                                const Question& question, SearchReport* report = nullptr);

}  // namespace tls::pki
