// A client's sessions in a file, so that the next process resumes what this one began.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "tls/environment.h"
#include "tls/session_stores.h"

namespace tls {

/// One sentence for people, about a file that was not read or not written. Called from the thread of the connection.
using SessionFileWarning = std::function<void(std::string_view)>;

/// Keeps sessions in the file `path`, which is made, with mode 0600, when there is something to keep. Whoever reads it
/// can take the sessions over and decrypt what TLS 1.2 carried under them: protect it as a private key.
///
/// - One line per session, newest first: server name, port, configuration, time of expiry, and the session in base64.
/// - It is replaced as a whole (a new file, fsync, rename): a reader sees the old one or the new one. Processes that
///   share it take turns (flock on `path`.lock); one that does not get its turn within `turn`, of the monotonic time of
///   `clock`, goes without.
/// - A file that is damaged, of another format, too large, a symbolic link, another user's, or open to other users is
///   ignored with a warning: handshakes are full ones. What is not a file of this format is not overwritten.
/// - Every put() and take() reads it, and writes it where something changed: for tools and small clients.
///
/// Thread-safe. `warning` may be empty. `clock` must outlive the store.
[[nodiscard]] std::shared_ptr<ClientSessionStore> file_client_sessions(
    std::string path, SessionFileWarning warning = {}, ClientSessionLimits limits = {.sessions = 256, .per_key = 4},
    std::chrono::milliseconds turn = std::chrono::seconds(1), const Clock& clock = system_clock());

}  // namespace tls
