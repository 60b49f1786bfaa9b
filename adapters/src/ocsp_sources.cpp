// A keeper's sources: which leaves it looks after, where their responders are, and what is at hand for them already.
#include <algorithm>
#include <ranges>
#include <utility>

#include "edge.h"
#include "ocsp_fetch.h"
#include "ocsp_work.h"

namespace tls {

using ocsp::Folder;
using ocsp::joined;
using ocsp::kNever;
using ocsp::Watch;
using ocsp::WatchPtr;
using ocsp::words_of;
using Kind = StapleEvent::Kind;

namespace {

/// URLs that a certificate names, the first few, fit for a line.
std::string listed(const std::vector<std::string>& urls) {
  std::vector<std::string> words;
  for (const std::string& url : urls | std::views::take(ocsp::kMaxResponders)) words.push_back(ocsp::shown(url));
  const std::size_t more = urls.size() - words.size();
  return joined(words, ", ") + (more == 0 ? "" : " and " + std::to_string(more) + " more");
}

}  // namespace

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

}  // namespace tls
