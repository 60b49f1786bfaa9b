// Automatic OCSP stapling. The keeper fetches OCSP responses from the responders that certificates name, stores them on
// disk, and hands them to handshakes, which never wait for them.
// test: ocsp: a handshake never waits for a responder
#pragma once

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

/// An event about the staple of one leaf certificate, meant for a log line.
struct StapleEvent {
  enum class Kind : std::uint8_t {
    taken,    ///< a staple that says that the leaf is good is now used
    revoked,  ///< the leaf is revoked. The response that says so is now stapled, and the leaf must be replaced
    failed,   ///< no usable response came, or one was rejected. The present staple stays. `words` says why
    ending,   ///< the staple ends soon, and no responder is asked for a new one
    expired,  ///< the staple has ended. There is none until a new one comes
    missing,  ///< the leaf requires a staple (RFC 7633), and there is none, so clients reject the leaf
    cache,    ///< the cache folder does not work. `words` says what is wrong
  };
  Kind kind = Kind::taken;
  /// `subject` is the subject of the leaf. `words` says where the staple came from, or what is wrong and what to do.
  /// Text that comes from a certificate or a responder is shortened and restricted to printable ASCII, so it writes no
  /// line of its own into a log.
  // test: ocsp: what a certificate says writes no line of its own into a log
  std::string subject, words;
  std::optional<Clock::Milliseconds>
      until;  ///< wall time at which the present staple ends. Without a value there is no staple
  std::optional<Clock::Milliseconds>
      next;  ///< wall time of the next request to a responder. Without a value none is planned
};

/// Receives events. It is called from the keeper's own thread, or from the thread that is inside StapleKeeper::source()
/// or refresh(). If it throws, the exception is dropped. It must not call the keeper.
using StapleListener = std::function<void(const StapleEvent&)>;

/// Returns the addresses of a host and port, in the form that tls::resolve() returns.
using StapleResolver = std::function<Result<std::vector<std::string>>(std::string_view host, std::string_view port)>;

struct StapleOptions {
  bool fetch = true;      ///< asks responders. If false, only the staples of credentials and of the folder are used
  std::string cache_dir;  ///< a folder that keeps responses across restarts. Empty: none
  /// The real time of one attempt for one leaf, for all its responders together and with redirects. Each responder gets
  /// a share of the time that is left. Name resolution counts, but it cannot be interrupted: if the time ends while a
  /// name is being resolved, the attempt waits for that name and resolves no other one.
  // test: ocsp: names that take a leaf's time to resolve: no other one is resolved when it is over
  std::chrono::milliseconds timeout = std::chrono::seconds(10);
  /// Also asks responders whose addresses are not public, such as loopback, private and link-local addresses.
  bool allow_private = false;
  bool own_thread = true;                ///< if false, source() and refresh() do all the work
  const Clock* clock = &system_clock();  ///< its wall() decides. It must outlive the keeper and its sources
  Random* random = &system_random();     ///< spreads the times of renewals. One thread at a time uses it
  StapleListener listener;               ///< may be empty
  StapleResolver resolve;                ///< empty: the system's resolver
};

/// Keeps staples for the leaves of credentials.
///
/// - It asks a responder over plain HTTP/1.1 (RFC 6960 Appendix A). Short requests use GET (RFC 5019 §5). Longer
///   requests use POST, and so does a repeated request if the responder refuses GET. Redirects are followed to the same
///   host and port alone. Sizes and times are bounded. An address is checked before the keeper connects, and the keeper
///   connects to exactly that address.
/// - A response counts if read_ocsp_answer() accepts it and it is not older than a response that was accepted before.
///   After an error, a forgery, `unknown` or an older response, the staple stays as it is. A revocation is not an
///   error: it is the responder's newest statement, and any client that asks the responder itself receives it. So it
///   replaces a good staple, and it is stapled.
/// - A staple is renewed after half of its validity, but within a day; both times are up to a twentieth longer. After a
///   failure, the next attempt follows after 30 seconds. The interval doubles with each further failure, up to one
///   hour. It is shorter when the staple ends soon: a quarter of the time that is left, but at least 10 seconds. Each
///   interval is up to a quarter longer, at random.
/// - One thread serves the leaves one after another. The leaf whose staple ends first comes first, and leaves without a
///   staple come last. The first four responders of a leaf are asked. An attempt delays the leaves behind it by at most
///   `timeout` and the time to resolve one name. For example, a hundred leaves whose responders all hang for ten
///   seconds make a round of 17 minutes.
/// - A staple is dropped at its end: nextUpdate, or ten days after thisUpdate if there is no nextUpdate.
/// - In `cache_dir`, each response is a file that is replaced as a whole and named by the hash of the request. When it
///   is read, it is checked as if it came from a responder. A response that is authentic but out of date is not
///   stapled, yet older responses than it no longer count, so a revocation outlives a restart.
///
/// Thread-safe. Nothing of it throws.
// test: faults: every allocation of a keeper of staples fails once
class StapleKeeper {
 public:
  /// Starts a keeper. Creates `cache_dir` with mode 0700 if its parent exists. Fails with bad_config if `cache_dir` is
  /// not a folder of this user or if others may write to it, with transport_failed if the system has no file descriptor
  /// left, and with provider_failed if the system starts no thread.
  [[nodiscard]] static Result<std::unique_ptr<StapleKeeper>> start(StapleOptions options);
  /// Ends the thread and gives up a request in progress. If a name is being resolved, waits for it, but resolves no
  /// other one. Sources keep working with the staples that they have until these end.
  // test: ocsp: the end of the keeper waits for one name that is being resolved, and for no other
  ~StapleKeeper();
  StapleKeeper(const StapleKeeper&) = delete;
  StapleKeeper& operator=(const StapleKeeper&) = delete;

  /// Returns a source that chooses as credential_list(credentials) does, under the same identity, and that gives each
  /// credential the newest staple of its leaf. The ocsp_response of a credential is its first staple. The keeper keeps
  /// the staple of a leaf for as long as a source with that leaf lives. For a new configuration, create the new source
  /// before you drop the old one, so that the staples carry over. Reads the folder. Asks no responder.
  ///
  /// Fails with bad_staple if a credential has a staple that does not match its leaf or is out of date, and with
  /// bad_key_file if its issuer is missing, which prevents that check. If `fetch` is set, both are events instead. If
  /// `fetch` is set, a leaf that names no responder or whose chain has no issuer is also an event, unless the leaf is
  /// exempt (noRevAvail, RFC 9608).
  [[nodiscard]] Result<std::shared_ptr<const CredentialSource>> source(std::vector<CredentialPtr> credentials);

  /// Does the work that is due and waits until it is done: asks responders and drops staples that have ended. If the
  /// keeper has its own thread, that thread calls this function. Returns the wall time of the next work, or
  /// Milliseconds::max() if no work is planned.
  Clock::Milliseconds refresh() noexcept;

 private:
  struct Work;
  explicit StapleKeeper(std::unique_ptr<Work> work) noexcept;
  std::unique_ptr<Work> work_;
};

}  // namespace tls
