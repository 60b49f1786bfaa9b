// What a keeper does when it is due: renewing staples, warning of their end, and in which order.
#include <algorithm>
#include <chrono>
#include <utility>

#include "ocsp_fetch.h"
#include "ocsp_work.h"

namespace tls {

using ocsp::joined;
using ocsp::kNever;
using ocsp::Milliseconds;
using ocsp::StaplePtr;
using ocsp::Url;
using ocsp::Watch;
using ocsp::WatchPtr;
using ocsp::words_of;
using Kind = StapleEvent::Kind;

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

}  // namespace tls
