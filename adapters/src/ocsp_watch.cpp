#include "ocsp_watch.h"

#include <algorithm>
#include <utility>

namespace tls::ocsp {

void Bell::ring() noexcept {
  if (rung_.exchange(true)) return;
  const std::scoped_lock lock(mutex_);  // whoever is about to wait has seen the flag, or is woken
  wake_.notify_all();
}

void Bell::wait(Milliseconds longest) noexcept {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, longest, [this] { return rung_.load(); });
  rung_ = false;
}

StaplePtr Watch::current(Milliseconds now) const {
  const std::scoped_lock lock(mutex_);
  return staple_ && now < staple_->answer.until ? staple_ : nullptr;
}

Result<Watch::Taken> Watch::take(std::vector<std::uint8_t> der, Milliseconds now) {
  auto answer = read_ocsp_answer(*credential_, der, now);
  if (!answer) {
    // Not one from the future: a responder whose clock is ahead for a day would lock itself out when it is right again.
    remember(der, now);
    return std::unexpected(std::move(answer).error());
  }
  // Clients bear a little more; what is stapled has to last for those whose clock is ahead.
  if (answer->until <= now) {
    remember(der, now);
    return fail(Code::bad_staple, "the OCSP response ends now; a newer one is needed");
  }
  const auto made = std::make_shared<const Staple>(Staple{std::move(der), std::move(*answer)});
  const OcspAnswer& it = made->answer;
  const std::scoped_lock lock(mutex_);
  if (staple_ && staple_->der == made->der) return Taken::same;
  if (!newest(it)) return Taken::older;
  staple_ = made;
  return Taken::newer;
}

void Watch::remember(Bytes der, Milliseconds latest) {
  const auto told = ocsp_answer_when_made(*credential_, der);
  if (!told || told->this_update > latest) return;
  const std::scoped_lock lock(mutex_);
  if (!newest(*told) || !told->revoked || !staple_ || staple_->answer.revoked) return;
  staple_.reset();  // it is from before the revocation: nobody is to vouch for that key any more
}

bool Watch::newest(const OcspAnswer& answer) noexcept {
  // Somebody on the way may have kept an answer from before a revocation. Of two with one time the worse counts.
  if (answer.this_update < newest_ || (answer.this_update == newest_ && newest_revoked_ && !answer.revoked))
    return false;
  newest_ = answer.this_update;
  newest_revoked_ = answer.revoked;
  return true;
}

bool Watch::drop_ended(Milliseconds now) {
  const std::scoped_lock lock(mutex_);
  if (!staple_ || now < staple_->answer.until) return false;
  staple_.reset();
  return true;
}

namespace {

std::vector<CredentialPtr> credentials_of(const std::vector<StapledSource::Entry>& entries) {
  std::vector<CredentialPtr> out;
  out.reserve(entries.size());
  for (const auto& entry : entries) out.push_back(entry.credential);
  return out;
}

}  // namespace

StapledSource::StapledSource(std::vector<Entry> entries, const Clock& clock, std::shared_ptr<Bell> bell)
    : entries_(std::move(entries)),
      list_(credential_list(credentials_of(entries_))),
      stapled_(std::make_unique<Stapled[]>(entries_.size())),
      clock_(clock),
      bell_(std::move(bell)) {}

Answer<CredentialPtr> StapledSource::choose(const CredentialRequest& request) const {
  auto answer = list_->choose(request);
  if (!answer || !*answer || !**answer) return answer;
  const auto chosen = std::ranges::find(entries_, **answer, &Entry::credential);
  if (chosen == entries_.end() || !chosen->watch) return answer;
  return Result<CredentialPtr>(with_staple_of(static_cast<std::size_t>(chosen - entries_.begin())));
}

CredentialPtr StapledSource::with_staple_of(std::size_t index) const {
  const Entry& entry = entries_[index];
  const Milliseconds now = clock_.wall();
  // A thread that sleeps does not see a clock that was set, or a machine that slept itself.
  if (now >= entry.watch->due()) bell_->ring();
  StaplePtr staple = entry.watch->current(now);
  if (!staple) return entry.credential;
  Stapled& last = stapled_[index];
  const std::scoped_lock lock(last.mutex);
  if (last.staple != staple) {
    last.credential = with_staple(*entry.credential, staple->der);
    last.staple = std::move(staple);
  }
  return last.credential;
}

}  // namespace tls::ocsp
