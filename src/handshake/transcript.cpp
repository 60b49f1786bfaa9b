#include "handshake/transcript.h"

#include <cassert>

namespace tls::handshake {
namespace {
constexpr std::uint8_t kMessageHash = 254;  // HandshakeType message_hash, which is never sent
}

void Transcript::add(Bytes message) {
  if (running_) running_->update(message);
  if (keeping_) kept_.insert(kept_.end(), message.begin(), message.end());
}

void Transcript::choose(const crypto::HashImpl& impl) {
  choose_and_keep(impl);
  forget_messages();
}

void Transcript::choose_and_keep(const crypto::HashImpl& impl) {
  if (running_) {
    assert(&running_->impl() == &impl);
    return;
  }
  running_.emplace(impl);
  running_->update(kept_);
}

void Transcript::forget_messages() noexcept {
  keeping_ = false;
  kept_ = {};
}

void Transcript::replace_by_message_hash() {
  const crypto::Digest first = running_->digest();
  crypto::Hash anew(running_->impl());
  const std::uint8_t header[] = {kMessageHash, 0, 0, static_cast<std::uint8_t>(first.size())};
  anew.update(header);
  anew.update(first.bytes());
  *running_ = anew;
}

crypto::Digest Transcript::hash_with(Bytes more) const {
  crypto::Hash fork = *running_;
  fork.update(more);
  return fork.digest();
}

}  // namespace tls::handshake
