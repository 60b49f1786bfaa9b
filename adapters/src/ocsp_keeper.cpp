// The keeper: how it begins and ends, and what it tells.
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "edge.h"
#include "ocsp_work.h"
#include "tls/adapters/socket.h"

namespace tls {

using ocsp::Folder;
using ocsp::Milliseconds;
using ocsp::StaplePtr;
using ocsp::Watch;
using Kind = StapleEvent::Kind;

namespace {

constexpr Milliseconds kLongestNap = std::chrono::minutes(1);  // a clock that was set is seen by then

}  // namespace

StapleKeeper::Work::Work(StapleOptions o) : options(std::move(o)), bell(std::make_shared<ocsp::Bell>()) {
  if (!options.resolve)
    options.resolve = [](std::string_view host, std::string_view port) { return resolve(host, port, false); };
}

StapleKeeper::Work::~Work() {
  if (stop >= 0) ::close(stop);
}

std::uint32_t StapleKeeper::Work::draw() {
  const std::scoped_lock lock(drawing);
  std::array<std::uint8_t, 4> octets{};
  options.random->fill(octets);
  std::uint32_t number = 0;
  std::memcpy(&number, octets.data(), sizeof number);
  return number;
}

// ---- what is told -------------------------------------------------------------------------------------------------

void StapleKeeper::Work::tell(StapleEvent event) noexcept {
  if (!options.listener) return;
  come_what_may([&] { options.listener(event); });
}

void StapleKeeper::Work::tell(const Watch& watch, Kind kind, std::string words) noexcept {
  come_what_may([&] {
    StapleEvent event{
        .kind = kind, .subject = watch.question().subject, .words = std::move(words), .until = {}, .next = {}};
    if (const StaplePtr staple = watch.current(now())) event.until = staple->answer.until;
    if (asks(watch)) event.next = watch.due();
    tell(std::move(event));
  });
}

void StapleKeeper::Work::tell_if_missing(const Watch& watch) noexcept {
  if (!watch.question().must_staple || watch.current(now())) return;
  tell(watch, Kind::missing,
       asks(watch)
           ? "it demands a staple (RFC 7633), and there is none yet: clients that know this refuse it until a "
             "responder has answered"
           : "it demands a staple (RFC 7633), and there is none: clients that know this refuse it; give it one, "
             "or let its responder be asked");
}

// ---- the keeper ---------------------------------------------------------------------------------------------------

StapleKeeper::StapleKeeper(std::unique_ptr<Work> work) noexcept : work_(std::move(work)) {}

Result<std::unique_ptr<StapleKeeper>> StapleKeeper::start(StapleOptions options) {
  return at_the_edge([&]() -> Result<std::unique_ptr<StapleKeeper>> {
    auto work = std::make_unique<Work>(std::move(options));
    if (!work->options.cache_dir.empty()) {
      auto folder = Folder::open(work->options.cache_dir);
      if (!folder) return std::unexpected(std::move(folder).error());
      work->folder.emplace(std::move(*folder));
    }
    work->stop = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (work->stop < 0) return std::unexpected(transport_error("eventfd", errno));
    std::unique_ptr<StapleKeeper> keeper(new StapleKeeper(std::move(work)));
    if (!keeper->work_->options.own_thread) return keeper;
    keeper->work_->thread = std::jthread([it = keeper.get()](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        const Milliseconds next = it->refresh(), now = it->work_->now();
        it->work_->bell->wait(next <= now ? Milliseconds(0) : std::min(next - now, kLongestNap));
      }
    });
    return keeper;
  });
}

StapleKeeper::~StapleKeeper() {
  if (!work_->thread.joinable()) return;
  work_->thread.request_stop();
  const std::uint64_t one = 1;
  static_cast<void>(::write(work_->stop, &one, sizeof one));
  work_->bell->ring();
  work_->thread.join();
}

Result<std::shared_ptr<const CredentialSource>> StapleKeeper::source(std::vector<CredentialPtr> credentials) {
  return at_the_edge([&]() -> Result<std::shared_ptr<const CredentialSource>> {
    std::vector<ocsp::StapledSource::Entry> entries;
    for (const CredentialPtr& credential : credentials) {
      if (!credential) continue;
      auto entry = work_->entry_for(credential);
      if (!entry) return std::unexpected(std::move(entry).error());
      entries.push_back(std::move(*entry));
    }
    auto made = std::make_shared<const ocsp::StapledSource>(std::move(entries), *work_->options.clock, work_->bell);
    work_->bell->ring();
    return made;
  });
}

Clock::Milliseconds StapleKeeper::refresh() noexcept {
  try {
    return work_->refresh();
  } catch (...) {
    return work_->now() + ocsp::kFirstRetry;
  }
}

}  // namespace tls
