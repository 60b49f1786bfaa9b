// A key server: private keys in a process of their own, which signs TLS handshakes for others over a Unix socket. Its
// other half is key_client.h; `sallyport keyserver` is the program.
//
// It is no signing oracle. A caller names role, version and scheme, and gives a transcript hash (TLS 1.3), randoms and
// parameters (a TLS 1.2 server) or the messages of a handshake (a TLS 1.2 client); the server checks their form, puts
// together what is signed, and signs nothing else. See docs/keys-elsewhere.md.
// test: keyserver: what is no handshake is refused, and nothing of it is signed
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tls/credentials.h"
#include "tls/environment.h"
#include "tls/error.h"

namespace tls {

/// A key, under the name by which callers ask for it: 1 to 64 printable characters without spaces.
struct ServedKey {
  std::string name;
  std::shared_ptr<const SigningKey> key;  ///< in memory, or a RemoteKey
  bool for_servers = true, for_clients = false;
};

/// Who may ask, as the system says who is at the other end (SO_PEERCRED), by user, group or both.
struct KeyCaller {
  std::optional<uid_t> user;
  std::optional<gid_t> group;     ///< the process's own, not its supplementary ones
  std::vector<std::string> keys;  ///< that it may use; empty: all
};

struct KeyServerOptions {
  std::string path;                      ///< of the socket
  mode_t mode = 0660;                    ///< of the socket
  std::optional<gid_t> group;            ///< of the socket; none: as the system gives it
  std::vector<ServedKey> keys;           ///< at least one
  std::vector<KeyCaller> callers;        ///< at least one; a caller may use what any that fits it allows
  std::uint32_t rate = 2000;             ///< requests a second, of each user and as many at once; 0: no limit
  const Clock* clock = &system_clock();  ///< outlives the server
  /// Is given a line for each signature and each refusal, without its end, and says whether it was kept: where not,
  /// nothing is signed. Refusals that are free for a caller (of who may not call, of too many connections, for the
  /// rate, of descriptions) have one line a second, with their number ("verdict=rate times=100"), for each user, and
  /// one for all who may not call. One call at a time. What it throws counts as not kept. Empty: no lines.
  /// "2026-12-01T09:00:00.123Z uid=33 pid=71 key=web role=server version=1.3 scheme=ed25519 hash=0123456789abcdef
  /// verdict=signed"; the hash: the first 8 bytes of the transcript hash, or else of SHA-256 over what is signed.
  // test: keyserver: no audit line, no signature
  std::function<bool(std::string_view)> audit = {};
  /// A sentence for people: the same one again at growing intervals, with a count. One call at a time, and no
  /// signature waits for it.
  // test: keyserver: a warning that nobody reads holds up no signature
  std::function<void(std::string_view)> warning = {};
};

/// Thread-safe are stop() and the destructor's caller alone.
class KeyServer {
 public:
  static constexpr std::size_t kMostConnections = 64;          // at once, of all callers; more are closed
  static constexpr std::size_t kMostOfCaller = 16;             // of one user
  static constexpr std::chrono::milliseconds kPatience{5000};  // for the rest of a request, and for an answer's reader

  /// Makes the socket: see docs/keys-elsewhere.md for what it demands of folder and path. Fails with bad_config,
  /// transport_failed and out_of_memory.
  static Result<KeyServer> open(KeyServerOptions options);
  KeyServer(KeyServer&&) noexcept;
  KeyServer& operator=(KeyServer&&) = delete;
  ~KeyServer();

  /// Serves until stop(). What is being signed is answered; the socket goes with the object. Each caller has a thread.
  Result<void> run();
  /// Thread-safe, and safe in a signal's handler: makes run() return.
  void stop() noexcept;

 private:
  struct State;
  explicit KeyServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tls
