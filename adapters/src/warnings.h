// Warnings for people, who should read each once: the same one comes again at growing intervals, with a count.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace tls {

/// Not thread-safe.
class Warnings {
 public:
  using Time = std::chrono::steady_clock::time_point;  // of a clock that is injected
  static constexpr std::chrono::seconds kFirstInterval{60}, kLastInterval{3600};
  static constexpr std::size_t kMostKinds = 32;  // that are told apart; further ones are one
  static constexpr std::size_t kLongest = 300;   // bytes of one: some of it may be a stranger's

  /// `sink` may be empty.
  explicit Warnings(std::function<void(std::string_view)> sink) : sink_(std::move(sink)) {}

  /// Says `words`, unless something of that kind was said a short while ago. Of what a stranger may have written only
  /// printable ASCII is passed on.
  void say(std::string_view kind, std::string words, Time now) {
    if (!sink_) return;
    Said& said = said_.contains(kind) || said_.size() < kMostKinds ? said_[std::string(kind)] : said_[""];
    if (said.interval.count() != 0 && now < said.last + said.interval) {
      ++said.unsaid;
      return;
    }
    const bool long_ago = said.interval.count() == 0 || now >= said.last + 2 * kLastInterval;
    said.interval = long_ago ? kFirstInterval : std::min(2 * said.interval, kLastInterval);
    if (words.size() > kLongest) words.replace(kLongest, words.npos, "...");
    for (char& c : words)
      if (c < ' ' || c > '~') c = '?';
    if (said.unsaid > 0) words += " (" + std::to_string(said.unsaid) + " times more since the last such warning)";
    said.last = now;
    said.unsaid = 0;
    sink_(words);
  }

 private:
  struct Said {
    Time last{};
    std::chrono::seconds interval{0};  ///< 0: never said
    std::uint64_t unsaid = 0;
  };
  std::function<void(std::string_view)> sink_;
  std::map<std::string, Said, std::less<>> said_;
};

}  // namespace tls
