// One leaf and its staple: what handshakes read, and what a keeper puts there.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ocsp_schedule.h"
#include "ocsp_url.h"
#include "tls/ocsp.h"

namespace tls::ocsp {

/// An answer that may be stapled.
struct Staple {
  std::vector<std::uint8_t> der;
  OcspAnswer answer;
};
using StaplePtr = std::shared_ptr<const Staple>;

/// Wakes a keeper's thread. Outlives it where a source does.
class Bell {
 public:
  /// Costs next to nothing when it has been rung already.
  void ring() noexcept;
  /// Waits until it is rung, or for `longest`.
  void wait(Milliseconds longest) noexcept;

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> rung_{false};
};

/// Thread-safe; nothing in here waits for anybody, or holds a lock while it verifies.
class Watch {
 public:
  enum class Taken : std::uint8_t {
    newer,  ///< it is stapled from now on
    same,   ///< it is the staple already
    older,  ///< than one that was taken before: it was left
  };

  Watch(CredentialPtr credential, OcspQuestion question) noexcept
      : credential_(std::move(credential)), question_(std::move(question)) {}

  [[nodiscard]] const OcspQuestion& question() const noexcept { return question_; }
  /// The staple that counts at `now`; null: there is none.
  [[nodiscard]] StaplePtr current(Milliseconds now) const;
  /// Judges an answer and takes it. Fails with bad_staple for one that is not to be stapled; one that is authentic and
  /// has ended is remembered: what it told is not undone by an answer from before it.
  [[nodiscard]] Result<Taken> take(std::vector<std::uint8_t> der, Milliseconds now);
  /// Remembers when an authentic answer was made and whether it told of a revocation, without stapling it; of one that
  /// is newer than `latest`, or no answer about the leaf, nothing. A good staple from before a revocation is dropped.
  void remember(Bytes der, Milliseconds latest);
  /// Lets go of a staple that has ended at `now`; true: there was one.
  bool drop_ended(Milliseconds now);

  /// When something is to be done about it.
  [[nodiscard]] Milliseconds due() const noexcept { return Milliseconds(due_.load(std::memory_order_relaxed)); }
  void due(Milliseconds at) noexcept { due_.store(at.count(), std::memory_order_relaxed); }

  // ---- for the keeper ----
  std::vector<Url> urls;              ///< set before any other thread knows of it
  std::string file;                   ///< its name in the folder; likewise
  std::atomic<unsigned> failures{0};  ///< in a row
  std::atomic<bool> warned{false};    ///< that its staple ends and no responder is asked
  Milliseconds looked_at{};           ///< when refresh() last did

 private:
  /// Whether an answer counts beside what was told before, which it is then part of. Under the lock.
  bool newest(const OcspAnswer& answer) noexcept;

  const CredentialPtr credential_;
  const OcspQuestion question_;
  std::atomic<std::int64_t> due_{0};
  mutable std::mutex mutex_;
  StaplePtr staple_;
  Milliseconds newest_ = Milliseconds::min();  // thisUpdate of the newest answer, stapled or not
  bool newest_revoked_ = false;
};
using WatchPtr = std::shared_ptr<Watch>;

/// A source that chooses among credentials as credential_list() does, and gives each with the staple of its watch.
class StapledSource final : public CredentialSource {
 public:
  struct Entry {
    CredentialPtr credential;  ///< without a staple where there is a watch
    WatchPtr watch;            ///< null: the credential is given as it is
  };
  StapledSource(std::vector<Entry> entries, const Clock& clock, std::shared_ptr<Bell> bell);
  [[nodiscard]] std::string identity() const override { return list_->identity(); }
  [[nodiscard]] Answer<CredentialPtr> choose(const CredentialRequest& request) const override;

 private:
  struct Stapled {  // the last copy of a credential that was made for its staple
    std::mutex mutex;
    StaplePtr staple;
    CredentialPtr credential;
  };
  [[nodiscard]] CredentialPtr with_staple_of(std::size_t index) const;

  const std::vector<Entry> entries_;
  const std::shared_ptr<const CredentialSource> list_;
  const std::unique_ptr<Stapled[]> stapled_;
  const Clock& clock_;
  const std::shared_ptr<Bell> bell_;
};

}  // namespace tls::ocsp
