// bench cache: FIFO, LRU and SIEVE on the same traces, and lookups by threads.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "bench/threads.h"
#include "tls/session_cache.h"

namespace sallyport::bench {
namespace {

using Id = std::uint64_t;
using Trace = std::vector<Id>;

struct Policy {
  const char* name;
  tls::Eviction eviction;
};
constexpr Policy kPolicies[] = {
    {"FIFO", tls::Eviction::fifo}, {"LRU", tls::Eviction::lru}, {"SIEVE", tls::Eviction::sieve}};

constexpr std::size_t kClients = 100'000;   // who come back
constexpr std::size_t kRequests = 400'000;  // of a trace; the first quarter fills the cache and is not counted
constexpr std::size_t kState = 89;          // bytes of a TLS 1.2 session without a client certificate

/// Numbers that repeat from run to run (SplitMix64).
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
  }
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

/// Client i comes with a probability that is proportional to 1 / i^alpha.
class Zipf {
 public:
  explicit Zipf(double alpha) : below_(kClients) {
    double sum = 0;
    for (std::size_t i = 0; i < kClients; ++i) below_[i] = sum += std::pow(static_cast<double>(i + 1), -alpha);
  }
  Id draw(Numbers& numbers) const {
    const auto at = std::ranges::upper_bound(below_, numbers.unit() * below_.back());
    return static_cast<Id>(std::min<std::ptrdiff_t>(at - below_.begin(), kClients - 1));
  }

 private:
  std::vector<double> below_;
};

/// `scan`: after each 2,000 requests come 1,000 of clients that never come back.
Trace make_trace(double alpha, bool scan) {
  const Zipf zipf(alpha);
  Numbers numbers(1);
  Trace trace;
  Id stranger = kClients;
  while (trace.size() < kRequests) {
    if (scan && trace.size() % 3000 >= 2000)
      trace.push_back(stranger++);
    else
      trace.push_back(zipf.draw(numbers));
  }
  return trace;
}

/// A cache and what a server does with it.
class Server {
 public:
  explicit Server(const tls::SessionCacheOptions& options) {
    auto made = tls::memory_session_cache(options);
    if (!made) throw std::runtime_error(made.error().message());
    cache_ = *std::move(made);
    std::ranges::fill(state_.fill(kState), std::uint8_t{7});
  }
  bool find(Id client) const {
    const auto id = bytes(client);
    const auto answer = cache_->find(id, kNow);
    return answer->value().has_value();
  }
  void put(Id client) const { cache_->put(bytes(client), state_, kNow, kNow + std::chrono::hours(2)); }

 private:
  static constexpr tls::Clock::Milliseconds kNow{1'000'000};
  static std::array<std::uint8_t, 32> bytes(Id client) {
    std::array<std::uint8_t, 32> id{};
    std::memcpy(id.data(), &client, sizeof client);
    return id;
  }
  std::shared_ptr<tls::SessionCache> cache_;
  tls::SessionState state_;
};

double hit_ratio(const Trace& trace, const tls::SessionCacheOptions& options) {
  const Server server(options);
  std::size_t hits = 0, counted = 0;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const bool hit = server.find(trace[i]);
    if (!hit) server.put(trace[i]);
    if (i < trace.size() / 4) continue;
    hits += hit;
    ++counted;
  }
  return static_cast<double>(hits) / static_cast<double>(counted);
}

void hit_ratios(Figures& out) {
  for (const double alpha : {0.7, 0.9, 1.1}) {
    for (const bool scan : {false, true}) {
      const Trace trace = make_trace(alpha, scan);
      for (const std::size_t percent : {1u, 5u, 10u, 25u}) {
        for (const Policy& policy : kPolicies) {
          char name[64];
          std::snprintf(name, sizeof name, "%-5s Zipf %.1f%s, %zu%%", policy.name, alpha, scan ? " + scans" : "",
                        percent);
          const double ratio = hit_ratio(trace, {.entries = kClients * percent / 100, .eviction = policy.eviction});
          out.push_back({.name = name, .unit = "hits", .best = ratio, .median = ratio});
        }
      }
    }
  }
}

/// Lookups that hit: clients of a Zipf distribution, all of whom are in the cache.
Figure lookups(const Options& options, const Policy& policy, unsigned threads, const std::vector<Trace>& traces) {
  const Server server({.entries = kClients * 2, .eviction = policy.eviction});
  for (Id client = 0; client < kClients; ++client) server.put(client);
  const double operations = static_cast<double>(threads * traces.front().size());
  return measure_threads(
      options, std::string(policy.name) + " lookups", threads, operations, [] {},
      [&](unsigned thread) {
        std::size_t hits = 0;
        for (const Id client : traces[thread]) hits += server.find(client);
        if (hits != traces[thread].size()) throw std::runtime_error("a session that was put is not in the cache");
      });
}

}  // namespace

Figures bench_cache(const Options& options) {
  constexpr std::size_t kEntries = 20'480, kLookups = 200'000;
  Figures out;
  hit_ratios(out);
  const double bytes = static_cast<double>(tls::session_cache_memory({.entries = kEntries})) / kEntries;
  out.push_back({.name = "memory per session", .unit = "bytes", .best = bytes, .median = bytes});
  const Zipf zipf(0.9);
  std::vector<Trace> traces;
  for (unsigned t = 0; t < std::ranges::max(kThreads); ++t) {
    Numbers numbers(t);
    traces.emplace_back(kLookups);
    for (Id& client : traces.back()) client = zipf.draw(numbers);
  }
  for (const Policy& policy : kPolicies)
    for (const unsigned threads : kThreads) out.push_back(lookups(options, policy, threads, traces));
  return out;
}

}  // namespace sallyport::bench
