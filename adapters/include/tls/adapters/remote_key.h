// Private keys that are kept elsewhere: in a module (pkcs11.h) or in another process (key_client.h). Their signatures
// come later, by one of the functions at the end, whoever keeps the key:
//
//   // in LinkHandler::on_operation(link, id, operation) of a PollLoop:
//   if (!tls::answer_signature(operation, link.answer_later(id))) ...  // an operation of another kind
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "tls/credentials.h"
#include "tls/operation.h"

namespace tls {

/// A key that another process or a module signs with. Thread-safe.
class RemoteKey : public SigningKey {
 public:
  /// Who waits for a signature. Called once, from a thread of the key's or from the call that asks: it should hand the
  /// result to the connection's thread. What it throws is dropped.
  // test: keyserver: whoever asks is answered once, whatever becomes of the server
  // test: pkcs11: whoever asks is answered once, whatever becomes of the token
  using Done = std::function<void(OperationResult)>;

  /// Fails with signing_failed: what is signed is part of a handshake.
  Answer<std::vector<std::uint8_t>> sign(SignatureScheme, Bytes, Random&) const override {
    return fail(Code::signing_failed, "a key that is kept elsewhere signs handshakes and nothing else");
  }
  /// Empty: the signature comes later, by sign_later().
  Answer<std::vector<std::uint8_t>> sign_handshake(const HandshakeToSign&, Random&) const override { return {}; }
  /// Asks for the signature of `request`, whose key this is, and returns at once. `done` is given the signature or an
  /// Error (signing_failed, timed_out, out_of_memory), within the deadline of whoever keeps the key. Where too many are
  /// under way it is an Error at once.
  virtual void sign_later(const SignatureRequest& request, Done done) const noexcept = 0;
};

/// Answers an operation that a RemoteKey left open. False, and `done` is not called: it is not one of those.
inline bool answer_signature(const Operation& operation, RemoteKey::Done done) {
  const auto* request = std::get_if<SignatureRequest>(&operation);
  if (request == nullptr) return false;
  const auto* key = dynamic_cast<const RemoteKey*>(request->key.get());
  if (key == nullptr) return false;
  key->sign_later(*request, std::move(done));
  return true;
}

/// The same, waiting: for SocketStream's `answer`. Not from inside a Done. Empty: not one of those.
inline std::optional<OperationResult> wait_for_signature(const Operation& operation) {
  struct Wait {
    std::mutex mutex;
    std::condition_variable came;
    std::optional<OperationResult> result;
  };
  const auto wait = std::make_shared<Wait>();
  const auto take = [wait](OperationResult result) {
    const std::lock_guard lock(wait->mutex);
    wait->result = std::move(result);
    wait->came.notify_one();
  };
  if (!answer_signature(operation, take)) return std::nullopt;
  std::unique_lock lock(wait->mutex);
  wait->came.wait(lock, [&] { return wait->result.has_value(); });
  return std::move(wait->result);
}

}  // namespace tls
