#include "pki/judge.h"

#include "pki/leaf.h"
#include "pki/server_name.h"

namespace tls::pki {

Result<Clock::Milliseconds> judge(const Anchors& anchors, const PeerChain& chain, const Question& question,
                                  SearchReport* report) {
  if (!question.leaf_key_checked)
    if (auto key = leaf_public_key(chain.leaf()); !key) return std::unexpected(std::move(key).error());
  auto until = find_path(anchors, chain, question.role, question.now, report);
  if (!until) {
    const bool missing = until.error().code() == Code::unknown_ca && chain.unreadable();
    if (missing) return std::unexpected(*chain.unreadable());
    return until;
  }
  if (question.role == Role::server)
    if (auto named = check_server_name(question.name, chain.leaf(), chain.certificates().size() == 1); !named)
      return std::unexpected(std::move(named).error());
  return until;
}

}  // namespace tls::pki
