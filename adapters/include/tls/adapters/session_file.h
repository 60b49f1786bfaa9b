// A client's sessions in a file, so that the next process can resume them.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "tls/environment.h"
#include "tls/session_stores.h"

namespace tls {

/// Receives one sentence for people about a file that was not read or not written. Called on the connection's thread.
using SessionFileWarning = std::function<void(std::string_view)>;

/// Returns a store that keeps sessions in the file `path`. It creates the file, with mode 0600, when there is a session
/// to keep. Anyone who reads the file can take over the sessions and can decrypt the TLS 1.2 traffic that was sent
/// under them, so protect it like a private key.
///
/// - The file has one line for each session, newest first: server name, port, configuration, time of expiry, and the
///   session in base64.
/// - The file is replaced as a whole (new file, fsync, rename), so a reader sees the old file or the new one. Processes
///   that share the file take turns (flock on `path`.lock). A process that does not get the lock within `turn`, in the
///   monotonic time of `clock`, continues without the file.
/// - A file is ignored with a warning if it is damaged, of another format, too large, a symbolic link, owned by another
///   user, or accessible to other users. The handshakes are then full handshakes. A file that is not of this format is
///   not overwritten.
/// - put(), take() and remove() read the file each time, and write it if something changed. This suits tools and small
///   clients.
///
/// Thread-safe. `warning` may be empty. `clock` must outlive the store.
[[nodiscard]] std::shared_ptr<ClientSessionStore> file_client_sessions(
    std::string path, SessionFileWarning warning = {}, ClientSessionLimits limits = {.sessions = 256, .per_key = 4},
    std::chrono::milliseconds turn = std::chrono::seconds(1), const Clock& clock = system_clock());

}  // namespace tls
