// Private keys in HSMs, smart cards and accelerator cards, over PKCS#11: the module signs, and the key stays in it.
//
//   auto key = tls::pkcs11_key({.uri = "pkcs11:token=web;object=key?pin-source=file:/etc/sallyport/pin"});
//   auto credential = *tls::make_credential(chain_pem, *key);
//   // in LinkHandler::on_operation(link, id, operation) of a PollLoop:
//   if (!tls::answer_signature(operation, link.answer_later(id))) ...  // an operation of another kind
//
// A module's calls block, so threads of the key's make them: nothing here blocks a handshake but a token that is too
// slow for its deadline. While a token is away (taken out, its module's other half killed, no session left), signatures
// wait for it as long as the deadline lets them. Those that were with it when it went are asked for again, at most one
// time in a session that was opened after their first loss. One thread looks for the token, with a growing pause (50 ms
// to 1 s), starts the module anew where that helps, and logs the user in again. A token that is there and refuses does
// not count as away.
// test: pkcs11: a token that comes back within the deadline costs no signature, however it was away
// test: pkcs11: a token that answers, and refuses, is not waited for
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "tls/adapters/remote_key.h"
#include "tls/environment.h"
#include "tls/secret_bytes.h"

namespace tls {

struct Pkcs11Options {
  /// RFC 7512. It has to fit one token and one private key there: `token`, `serial` and the like, `object` or `id`. The
  /// module is that of `module-path`, or of `module-name` among those that p11-kit is configured with; without both all
  /// of these are searched. A `pin-value` is refused: it would stand in arguments and logs.
  // test: pkcs11: a PIN in the URI is refused
  std::string uri;
  /// Gives the PIN, each time that the user has to log in: it is wiped when it was used. Empty: the file of the URI's
  /// `pin-source` is read for it, without the end of its line; without that, the token is used without a login.
  std::function<Result<SecretBytes>()> pin = {};
  std::chrono::milliseconds deadline{5000};  ///< of one signature, 1 ms to 60 s: after it timed_out and words
  unsigned sessions = 4;                     ///< with the token, each on a thread of its own; 1 to 32
  std::size_t under_way = 256;               ///< signatures that are waited for at once, 1 to 65536: more fail at once
  std::function<void(std::string_view)> warning = {};  ///< a sentence for people, from one of the key's threads
  const Clock* clock = &system_clock();  ///< of deadlines and pauses, which are monotonic() time; outlives the key
};

/// The key that `options.uri` names: RSA, ECDSA on secp256r1, secp384r1 or secp521r1, Ed25519, as far as the token can
/// sign with it. It allows the schemes that token and key have a mechanism for. Waits for the token. Fails with
/// bad_config for options that cannot be; with bad_key_file and words when module, token or key are not there, are
/// several, or refuse. A PIN that the token has refused is not tried a second time by any key of the process on that
/// token, and behind two of them no other one: three may lock it. A login forgets them.
// test: pkcs11: a PIN that is refused is not tried again, by none of the keys on the token; another one is
///
/// Thread-safe. After fork() a child opens its own: what it asks of one that was opened before fails with misuse. When
/// the last reference goes, what is waited for is answered with `closed`, also where the token hangs.
// test: pkcs11: a token that hangs: what is asked later has its deadline too, and the end of the key answers all
// test: pkcs11: a child of fork() is told to open its own
[[nodiscard]] Result<std::shared_ptr<const RemoteKey>> pkcs11_key(Pkcs11Options options);

}  // namespace tls
