// Staples that renew themselves: OCSP responses fetched from the responders that certificates name, kept on disk, and
// handed to handshakes, which never wait for them.
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

/// What became of a leaf's staple. For a log line.
struct StapleEvent {
  enum class Kind : std::uint8_t {
    taken,    ///< a staple that calls the leaf good is stapled from now on
    revoked,  ///< the leaf is revoked: the answer that says so is stapled from now on, and the leaf has to be replaced
    failed,   ///< no usable answer came, or one was refused; what is stapled stays. `words` say why
    ending,   ///< the staple ends soon, and no responder is asked for another one
    expired,  ///< it has ended: there is none until another one comes
    missing,  ///< the leaf demands a staple (RFC 7633), and there is none: clients refuse it
    cache,    ///< the folder does not work: `words` say what is wrong
  };
  Kind kind = Kind::taken;
  /// Of the leaf; and where the staple came from, or what is wrong and what to do. What a certificate or a responder
  /// says is in them as printable ASCII, and short: it writes no line of its own into a log.
  // test: ocsp: what a certificate says writes no line of its own into a log
  std::string subject, words;
  std::optional<Clock::Milliseconds>
      until;  ///< wall time: when the staple ends that is stapled now; none: there is none
  std::optional<Clock::Milliseconds> next;  ///< wall time: when a responder is asked next; none: none is asked
};

/// Called from the thread that found out: the keeper's own, or the one inside StapleKeeper::source() or refresh(). What
/// it throws is dropped. It must not call the keeper.
using StapleListener = std::function<void(const StapleEvent&)>;

/// Addresses of a host and port, as tls::resolve() gives them.
using StapleResolver = std::function<Result<std::vector<std::string>>(std::string_view host, std::string_view port)>;

struct StapleOptions {
  bool fetch = true;      ///< responders are asked; false: only what credentials bring and the folder holds is stapled
  std::string cache_dir;  ///< a folder in which answers outlive the process; empty: none
  /// Of one attempt for a leaf: all its responders together, redirects included, in real time. Each has its part of
  /// what is left. To resolve a name counts, but cannot be cut short: one that is being resolved at the end is waited
  /// for, and no other one is resolved after it.
  // test: ocsp: names that take a leaf's time to resolve: no other one is resolved when it is over
  std::chrono::milliseconds timeout = std::chrono::seconds(10);
  /// Responders at addresses that are not public are asked too: loopback, private and link-local ones and the like.
  bool allow_private = false;
  bool own_thread = true;                ///< false: work is done in source() and refresh() alone
  const Clock* clock = &system_clock();  ///< wall() decides; must outlive the keeper and its sources
  Random* random = &system_random();     ///< spreads the times of renewals; used by one thread at a time
  StapleListener listener;               ///< may be empty
  StapleResolver resolve;                ///< empty: the system's
};

/// Keeps staples for the leaves of credentials.
///
/// - A responder is asked over plain HTTP/1.1 (RFC 6960 Appendix A): GET for short requests (RFC 5019 §5), POST for
///   others and where GET is refused. Redirects are followed on the same host and port alone; sizes and times are
///   bounded; an address is checked before it is connected to, and that very address is.
/// - An answer counts when read_ocsp_answer() takes it and it is not older than what was taken before: an error, a
///   forgery, `unknown` or an older answer leaves the staple as it is. A revocation is no such failure: it is the
///   responder's newest word, and what every client hears that asks for itself. It replaces a good staple, and is
///   stapled.
/// - A staple is renewed at half of its validity, but within a day, and up to a twentieth later. After a failure the
///   next attempt comes within half a minute, then at growing intervals of at most an hour, shorter ones as the
///   staple's end comes near.
/// - One thread asks, for one leaf after another: first for the one whose staple ends first, last for those without a
///   staple. The first four responders of a leaf are asked. An attempt costs the leaves behind it at most `timeout` and
///   the time to resolve one name: a hundred leaves whose responders all hang for ten seconds make a round of 17
///   minutes.
/// - A staple is dropped at its end (nextUpdate, or ten days after thisUpdate).
/// - In `cache_dir` each answer is a file, replaced as a whole and named by the hash of the request. It is judged when
///   it is read as if it came from a responder. One that is authentic and not in date is not stapled, but an answer
///   from before it does not count any more: a revocation outlives a restart.
///
/// Thread-safe. Nothing of it throws.
// test: faults: every allocation of a keeper of staples fails once
class StapleKeeper {
 public:
  /// Fails with bad_config where `cache_dir` is no folder of ours or others may write to it, with transport_failed
  /// where the system gives no descriptor, with provider_failed where it gives no thread. `cache_dir` is made, with
  /// mode 0700, where its parent exists.
  [[nodiscard]] static Result<std::unique_ptr<StapleKeeper>> start(StapleOptions options);
  /// Ends the thread; a request under way is given up. A name that is being resolved is waited for, but no other one
  /// is resolved any more. Sources live on with the staples that they have until these end.
  // test: ocsp: the end of the keeper waits for one name that is being resolved, and for no other
  ~StapleKeeper();
  StapleKeeper(const StapleKeeper&) = delete;
  StapleKeeper& operator=(const StapleKeeper&) = delete;

  /// Chooses as credential_list(credentials) does, under the same identity, and gives each credential the newest staple
  /// of its leaf. What a credential brings as ocsp_response is its first staple. Staples are kept for a leaf as long as
  /// a source lives that has it: for a new configuration ask for a new source and let the old one go, and staples pass
  /// over. Reads the folder; no responder is asked.
  ///
  /// Fails with bad_staple where a credential brings a staple that does not fit its leaf or is out of date, and
  /// with bad_key_file where that cannot be said because the issuer is missing; with `fetch` on these are events. A
  /// leaf that names no responder, or has no issuer in its chain, is an event where `fetch` is on and it is not exempt.
  [[nodiscard]] Result<std::shared_ptr<const CredentialSource>> source(std::vector<CredentialPtr> credentials);

  /// Does what is due now and waits for it: asks responders, drops what has ended. With a thread of its own the keeper
  /// calls this itself. Gives the wall time of what is due next; Milliseconds::max(): no work is planned.
  Clock::Milliseconds refresh() noexcept;

 private:
  struct Work;
  explicit StapleKeeper(std::unique_ptr<Work> work) noexcept;
  std::unique_ptr<Work> work_;
};

}  // namespace tls
