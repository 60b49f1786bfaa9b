// The keeper: when answers are asked for, and what becomes of them.
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <ranges>
#include <thread>
#include <utility>

#include "edge.h"
#include "ocsp_fetch.h"
#include "ocsp_folder.h"
#include "ocsp_schedule.h"
#include "ocsp_watch.h"
#include "tls/adapters/ocsp.h"
#include "tls/adapters/socket.h"
#include "tls/ocsp.h"

namespace tls {

using ocsp::Folder;
using ocsp::Milliseconds;
using ocsp::StaplePtr;
using ocsp::Url;
using ocsp::Watch;
using ocsp::WatchPtr;
using Kind = StapleEvent::Kind;

namespace {

constexpr Milliseconds kLongestNap = std::chrono::minutes(1);  // a clock that was set is seen by then
constexpr Milliseconds kNever = Milliseconds::max();

std::string words_of(const Error& error) { return error.detail().empty() ? error.message() : error.detail(); }

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : std::string(between)) + word;
  return out;
}

/// URLs that a certificate names, the first few, fit for a line.
std::string listed(const std::vector<std::string>& urls) {
  std::vector<std::string> words;
  for (const std::string& url : urls | std::views::take(ocsp::kMaxResponders)) words.push_back(ocsp::shown(url));
  const std::size_t more = urls.size() - words.size();
  return joined(words, ", ") + (more == 0 ? "" : " and " + std::to_string(more) + " more");
}

}  // namespace

struct StapleKeeper::Work {
  explicit Work(StapleOptions o) : options(std::move(o)), bell(std::make_shared<ocsp::Bell>()) {
    if (!options.resolve)
      options.resolve = [](std::string_view host, std::string_view port) { return resolve(host, port, false); };
  }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  ~Work() {
    if (stop >= 0) ::close(stop);
  }

  StapleOptions options;
  std::optional<Folder> folder;
  int stop = -1;  // an eventfd
  std::shared_ptr<ocsp::Bell> bell;
  std::mutex working;  // one thread at a time works on the leaves
  std::mutex making;   // of a watch for a leaf that has none: two would ask for it, and know half each
  std::mutex listing;  // of `watches`
  std::vector<std::weak_ptr<Watch>> watches;
  std::mutex drawing;  // of options.random
  std::jthread thread;

  [[nodiscard]] Milliseconds now() const noexcept { return options.clock->wall(); }
  [[nodiscard]] std::uint32_t draw();
  [[nodiscard]] bool asks(const Watch& watch) const noexcept { return options.fetch && !watch.urls.empty(); }

  void tell(const Watch& watch, Kind kind, std::string words) noexcept;
  void tell(StapleEvent event) noexcept;
  void tell_if_missing(const Watch& watch) noexcept;

  // ---- what source() does ----
  Result<ocsp::StapledSource::Entry> entry_for(const CredentialPtr& credential);
  Result<WatchPtr> watch_for(const CredentialPtr& credential, OcspQuestion question);
  WatchPtr known(Bytes request);
  void find_responders(Watch& watch);
  Result<void> take_brought(Watch& watch, const CredentialPtr& credential);
  void read_folder(Watch& watch);

  // ---- what refresh() does ----
  Milliseconds refresh();
  std::vector<WatchPtr> in_turn();
  void serve(Watch& watch);
  void ask(Watch& watch);
  Result<Watch::Taken> ask(Watch& watch, const Url& url, Milliseconds timeout);
  void taken(Watch& watch, const std::string& from, bool fresh);
  void schedule(Watch& watch, bool fresh);
};

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

// ---- what a source is made of -------------------------------------------------------------------------------------

Result<ocsp::StapledSource::Entry> StapleKeeper::Work::entry_for(const CredentialPtr& credential) {
  ocsp::StapledSource::Entry as_it_is{credential, nullptr};
  if (credential->chain.empty()) return as_it_is;  // choose() says so
  auto question = ocsp_question(*credential);
  if (!question) {
    const bool brought = !credential->ocsp_response.empty();
    const bool told = question.error().code() == Code::bad_key_file;  // all else is no fault of the credential
    if (!told || (!options.fetch && brought)) return std::unexpected(std::move(question).error());
    if (options.fetch)
      come_what_may([&] {
        tell({Kind::failed,
              credential->names.empty() ? "" : ocsp::shown(credential->names.front()),
              words_of(question.error()),
              {},
              {}});
      });
    return as_it_is;
  }
  auto watch = watch_for(credential, std::move(*question));
  if (!watch) return std::unexpected(std::move(watch).error());
  const CredentialPtr bare = credential->ocsp_response.empty() ? credential : with_staple(*credential, {});
  return ocsp::StapledSource::Entry{bare, std::move(*watch)};
}

WatchPtr StapleKeeper::Work::known(Bytes request) {
  const std::scoped_lock lock(listing);
  for (const auto& weak : watches)
    if (auto watch = weak.lock(); watch && std::ranges::equal(watch->question().request, request)) return watch;
  return nullptr;
}

Result<WatchPtr> StapleKeeper::Work::watch_for(const CredentialPtr& credential, OcspQuestion question) {
  const std::scoped_lock one_at_a_time(making);
  if (auto watch = known(question.request)) {
    if (auto taken = take_brought(*watch, credential); !taken) return std::unexpected(std::move(taken).error());
    return watch;
  }
  auto watch = std::make_shared<Watch>(credential, std::move(question));
  watch->file = Folder::name_for(watch->question().request);
  find_responders(*watch);
  if (auto taken = take_brought(*watch, credential); !taken) return std::unexpected(std::move(taken).error());
  read_folder(*watch);
  if (!watch->current(now())) schedule(*watch, false);
  tell_if_missing(*watch);
  const std::scoped_lock lock(listing);
  std::erase_if(watches, [](const auto& weak) { return weak.expired(); });
  watches.push_back(watch);
  return watch;
}

void StapleKeeper::Work::find_responders(Watch& watch) {
  const OcspQuestion& question = watch.question();
  if (!options.fetch || question.no_rev_avail) return;
  std::size_t bad = 0;
  for (const std::string& text : question.responders) {
    auto url = ocsp::parse_url(text);
    if (url && watch.urls.size() == ocsp::kMaxResponders) {
      tell(watch, Kind::failed,
           "it names more than " + std::to_string(ocsp::kMaxResponders) + " OCSP responders: the rest is not asked");
      break;
    }
    if (url)
      watch.urls.push_back(std::move(*url));
    else if (++bad <= ocsp::kMaxResponders)
      tell(watch, Kind::failed, "a responder cannot be asked: " + words_of(url.error()));
  }
  if (!question.responders.empty()) return;
  tell(watch, Kind::failed,
       question.other_responders.empty()
           ? "it names no OCSP responder (authorityInfoAccess): its authority gives no staples, and none is needed"
           : "it names no OCSP responder of http://, but " + listed(question.other_responders));
}

Result<void> StapleKeeper::Work::take_brought(Watch& watch, const CredentialPtr& credential) {
  if (credential->ocsp_response.empty()) return {};
  auto done = watch.take(credential->ocsp_response, now());
  if (done) {
    if (*done == Watch::Taken::newer) taken(watch, "the credential brought it", false);
    return {};
  }
  if (!options.fetch) return std::unexpected(std::move(done).error());
  tell(watch, Kind::failed, "the staple that the credential brings is not used: " + words_of(done.error()));
  return {};
}

void StapleKeeper::Work::read_folder(Watch& watch) {
  if (!folder) return;
  auto der = folder->read(watch.file);
  if (!der) return tell(watch, Kind::cache, words_of(der.error()));
  if (!*der) return;
  const auto done = watch.take(**der, now());
  if (!done) {
    // It was in date when it was written, so that one from the future means a clock that was set back. What it told
    // holds: a revocation above all.
    watch.remember(**der, kNever);
    tell(watch, Kind::cache, "what the folder holds is not used: " + words_of(done.error()));
  } else if (*done == Watch::Taken::newer) {
    taken(watch, "from the folder", false);
  }
}

// ---- what is done when it is due ----------------------------------------------------------------------------------

/// `fresh`: it has come from a responder just now, which has nothing newer. Anything else is renewed at once when its
/// half is over.
void StapleKeeper::Work::schedule(Watch& watch, bool fresh) {
  const StaplePtr staple = watch.current(now());
  if (!staple) return watch.due(asks(watch) ? Milliseconds(0) : kNever);
  const OcspAnswer& answer = staple->answer;
  if (asks(watch))
    watch.due(ocsp::renew_at(answer.this_update, answer.until, answer.next_update.has_value(),
                             fresh ? now() : answer.this_update, draw()));
  else
    watch.due(watch.warned ? answer.until : ocsp::warn_at(answer.this_update, answer.until));
}

/// A new staple is in its place.
void StapleKeeper::Work::taken(Watch& watch, const std::string& from, bool fresh) {
  watch.failures = 0;
  watch.warned = false;
  schedule(watch, fresh);
  const StaplePtr staple = watch.current(now());
  if (!staple) return;
  const OcspAnswer& answer = staple->answer;
  if (answer.revoked)
    tell(watch, Kind::revoked,
         "its responder says so" + (answer.reason.empty() ? std::string() : " (" + answer.reason + ")") +
             ", and clients hear it: replace key and certificate; " + from);
  else
    tell(watch, Kind::taken, from);
}

Result<Watch::Taken> StapleKeeper::Work::ask(Watch& watch, const Url& url, Milliseconds timeout) {
  auto der = ocsp::fetch(
      url, watch.question().request,
      {.timeout = timeout, .allow_private = options.allow_private, .resolve = &options.resolve, .stop = stop});
  if (!der) return std::unexpected(std::move(der).error());
  const std::vector<std::uint8_t> kept = *der;
  auto done = watch.take(std::move(*der), now());
  if (!done) return fail(done.error().code(), url.text() + ": " + words_of(done.error()));
  if (*done == Watch::Taken::older)
    return fail(Code::bad_staple, url.text() + ": it gives an older answer than before, which is not used");
  if (folder && *done == Watch::Taken::newer)
    if (auto written = folder->write(watch.file, kept); !written) tell(watch, Kind::cache, words_of(written.error()));
  return done;
}

void StapleKeeper::Work::ask(Watch& watch) {
  std::vector<std::string> why;
  // One time for all: what a certificate names must not cost the leaves behind it more. Real time, as in fetch().
  const auto end = std::chrono::steady_clock::now() + options.timeout;
  for (std::size_t i = 0; i < watch.urls.size(); ++i) {
    const Url& url = watch.urls[i];
    const auto left = std::chrono::ceil<Milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      why.push_back(url.text() + ": no time was left for it");
      continue;
    }
    // One that hangs leaves time for those behind it.
    const auto done = ask(watch, url, left / static_cast<long>(watch.urls.size() - i));
    if (done && *done == Watch::Taken::newer) return taken(watch, "from " + url.text(), true);
    if (done) {
      watch.failures = 0;
      return schedule(watch, true);
    }
    if (done.error().code() == Code::aborted) return;  // the keeper ends
    why.push_back(words_of(done.error()));
  }
  const unsigned failures = ++watch.failures;
  const StaplePtr staple = watch.current(now());
  watch.due(ocsp::retry_at(now(), failures, staple ? std::optional(staple->answer.until) : std::nullopt, draw()));
  tell(watch, Kind::failed, joined(why, "; "));
}

void StapleKeeper::Work::serve(Watch& watch) {
  const Milliseconds at = now();
  if (watch.drop_ended(at)) {
    tell(watch, Kind::expired,
         asks(watch) ? "no newer staple came before the last one ended" : "nobody renews it: give a newer one");
    tell_if_missing(watch);
    if (!asks(watch)) watch.due(kNever);
  }
  const bool set_back = at < watch.looked_at;  // the clock was: what was planned means nothing any more
  watch.looked_at = at;
  if (at < watch.due() && !set_back) return;
  watch.due(at + ocsp::kFirstRetry);  // whatever becomes of this
  if (asks(watch)) return ask(watch);
  if (watch.current(at) && !watch.warned && !set_back) {
    watch.warned = true;
    schedule(watch, false);
    return tell(watch, Kind::ending, "nobody renews it: give a newer one before it ends");
  }
  schedule(watch, false);
}

/// Who has most to lose goes first: the leaf whose staple ends first. One without a staple has none to lose, and may be
/// one that no responder ever answers for: it goes behind them, and there the one that has failed least often goes
/// first.
std::vector<WatchPtr> StapleKeeper::Work::in_turn() {
  struct Turn {
    Milliseconds end;
    unsigned failures;
    WatchPtr watch;
  };
  std::vector<Turn> turns;
  {
    const std::scoped_lock lock(listing);
    for (const auto& weak : watches)
      if (auto watch = weak.lock()) turns.push_back({kNever, watch->failures, std::move(watch)});
  }
  const Milliseconds at = now();
  for (Turn& turn : turns)
    if (const StaplePtr staple = turn.watch->current(at)) turn.end = staple->answer.until;
  std::ranges::sort(turns, {}, [](const Turn& turn) { return std::pair(turn.end, turn.failures); });
  std::vector<WatchPtr> all;
  for (Turn& turn : turns) all.push_back(std::move(turn.watch));
  return all;
}

Milliseconds StapleKeeper::Work::refresh() {
  const std::scoped_lock one_at_a_time(working);
  Milliseconds next = kNever;
  for (const WatchPtr& watch : in_turn()) {
    if (ocsp::told_to_stop(stop)) break;
    serve(*watch);
    next = std::min(next, watch->due());
    if (const StaplePtr staple = watch->current(now())) next = std::min(next, staple->answer.until);
  }
  return next;
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
