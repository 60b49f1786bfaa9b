// One signature that somebody waits for, behind RemoteKey::sign_later().
#pragma once

#include <utility>

#include "edge.h"
#include "tls/adapters/remote_key.h"

namespace tls {

/// Told once, whatever happens: where it is dropped, as when memory runs out on the way, the answer is an Error.
class SignatureAsk {
 public:
  using Signature = std::vector<std::uint8_t>;

  explicit SignatureAsk(RemoteKey::Done&& done) noexcept : done_(std::move(done)) {}
  SignatureAsk(SignatureAsk&& o) noexcept : done_(std::exchange(o.done_, nullptr)) {}
  SignatureAsk& operator=(SignatureAsk&&) = delete;
  ~SignatureAsk() { tell(std::unexpected(Error(Code::out_of_memory))); }

  /// The first answer counts.
  void tell(Result<Signature> result) noexcept {
    if (!done_) return;
    const RemoteKey::Done done = std::exchange(done_, nullptr);
    come_what_may([&] { done(OperationResult(std::in_place_type<Result<Signature>>, std::move(result))); });
  }
  [[nodiscard]] bool waits() const noexcept { return static_cast<bool>(done_); }

 private:
  RemoteKey::Done done_;
};

}  // namespace tls
