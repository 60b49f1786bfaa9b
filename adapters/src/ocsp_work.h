// What a keeper of staples works on, and with: ocsp_sources.cpp makes sources of credentials, ocsp_renewal.cpp does
// what is due, ocsp_keeper.cpp begins and ends it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ocsp_folder.h"
#include "ocsp_schedule.h"
#include "ocsp_url.h"
#include "ocsp_watch.h"
#include "tls/adapters/ocsp.h"
#include "tls/ocsp.h"

namespace tls {
namespace ocsp {

constexpr Milliseconds kNever = Milliseconds::max();

inline std::string words_of(const Error& error) { return error.detail().empty() ? error.message() : error.detail(); }

inline std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : std::string(between)) + word;
  return out;
}

}  // namespace ocsp

struct StapleKeeper::Work {
  explicit Work(StapleOptions o);
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  ~Work();

  StapleOptions options;
  std::optional<ocsp::Folder> folder;
  int stop = -1;  // an eventfd
  std::shared_ptr<ocsp::Bell> bell;
  std::mutex working;  // one thread at a time works on the leaves
  std::mutex making;   // of a watch for a leaf that has none: two would ask for it, and know half each
  std::mutex listing;  // of `watches`
  std::vector<std::weak_ptr<ocsp::Watch>> watches;
  std::mutex drawing;  // of options.random
  std::jthread thread;

  [[nodiscard]] ocsp::Milliseconds now() const noexcept { return options.clock->wall(); }
  [[nodiscard]] std::uint32_t draw();
  [[nodiscard]] bool asks(const ocsp::Watch& watch) const noexcept { return options.fetch && !watch.urls.empty(); }

  void tell(const ocsp::Watch& watch, StapleEvent::Kind kind, std::string words) noexcept;
  void tell(StapleEvent event) noexcept;
  void tell_if_missing(const ocsp::Watch& watch) noexcept;

  // ---- what source() does ----
  Result<ocsp::StapledSource::Entry> entry_for(const CredentialPtr& credential);
  Result<ocsp::WatchPtr> watch_for(const CredentialPtr& credential, OcspQuestion question);
  ocsp::WatchPtr known(Bytes request);
  void find_responders(ocsp::Watch& watch);
  Result<void> take_brought(ocsp::Watch& watch, const CredentialPtr& credential);
  void read_folder(ocsp::Watch& watch);

  // ---- what refresh() does ----
  ocsp::Milliseconds refresh();
  std::vector<ocsp::WatchPtr> in_turn();
  void serve(ocsp::Watch& watch);
  void ask(ocsp::Watch& watch);
  Result<ocsp::Watch::Taken> ask(ocsp::Watch& watch, const ocsp::Url& url, ocsp::Milliseconds timeout);
  void taken(ocsp::Watch& watch, const std::string& from, bool fresh);
  void schedule(ocsp::Watch& watch, bool fresh);
};

}  // namespace tls
