// A server's or client's half of a key server (key_server.h): keys that are in another process and sign from there.
//
//   auto keys = *tls::KeyClient::open({.path = "/run/sallyport/keys"});
//   auto credential = *tls::make_credential(chain_pem, *keys->key("web"));
//   // in LinkHandler::on_operation(link, id, operation) of a PollLoop:
//   if (!tls::answer_signature(operation, link.answer_later(id))) ...  // an operation of another kind
//
// Nothing here blocks a handshake. While a key server is away, signatures wait for it as long as the deadline lets
// them; those that it was asked for when it was killed are asked for anew, until that fails over a connection made
// since.
// test: keyserver: a server that is killed costs the signatures under way
// Who listens at the socket has to be root, the user of this process or the socket's owner; else there is no key
// server.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "tls/adapters/remote_key.h"
#include "tls/environment.h"

namespace tls {

struct KeyClientOptions {
  std::string path;                          ///< of the key server's socket
  std::chrono::milliseconds deadline{2000};  ///< of one signature, 1 ms to 60 s: after it timed_out
  unsigned connections = 2;                  ///< 1 to 16: the key server signs for each on a thread of its own
  std::size_t under_way = 256;               ///< signatures that are waited for at once, 1 to 65536: more fail at once
  std::function<void(std::string_view)> warning = {};  ///< a sentence for people, from the client's thread; it must
                                                       ///< not let the last reference to the client go
  const Clock* clock = &system_clock();  ///< of deadlines, which are monotonic() time; outlives the client
};

/// What happened so far.
struct KeyClientStats {
  std::uint64_t asked = 0, signed_ = 0;                              ///< signatures
  std::uint64_t refused = 0, timeouts = 0, lost = 0, overflows = 0;  ///< by the server; by deadline; with a connection
                                                                     ///< that broke; as too many were under way
  std::uint64_t connections = 0;                                     ///< made
};

/// Connections to one key server, kept up by a thread of its own. Thread-safe. After fork() a child opens its own: what
/// it asks of one that was opened before fails with misuse.
// test: keyserver: a child of fork() is told to open its own
class KeyClient {
 public:
  /// Starts to connect, and returns at once. Fails with bad_config, transport_failed (no pipe or no thread) and
  /// out_of_memory.
  static Result<std::shared_ptr<KeyClient>> open(KeyClientOptions options);
  ~KeyClient();
  KeyClient(const KeyClient&) = delete;
  KeyClient& operator=(const KeyClient&) = delete;

  /// The key of that name: asks the server for its kind, and waits for up to the deadline. It keeps the connections up,
  /// also when the client's own pointer goes. A key server that gets another key under the name is not noticed: its
  /// signatures then fail at the peer. Fails with transport_failed, timed_out, or bad_key_file and the server's words.
  static Result<std::shared_ptr<const RemoteKey>> key(const std::shared_ptr<KeyClient>& client, std::string name);

  [[nodiscard]] KeyClientStats stats() const;

 private:
  struct State;
  friend class ServedRemoteKey;
  explicit KeyClient(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace tls
