// TLS 1.3 as one library does it: a client and a server that talk through memory, each on a clock of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "bench/race.h"
#include "factory/certificates.h"
#include "tls/bytes.h"
#include "tls/info.h"

namespace sallyport::race {

/// A root, an intermediate signed by it, a server's leaf for "localhost" signed by that, and the leaf's key.
struct Chain {
  std::string root_pem, chain_pem, key_pem;
};
[[nodiscard]] Chain make_chain(KeyType leaf);

/// Ticks that each side has spent.
struct Effort {
  std::uint64_t client = 0, server = 0;
};

/// Both configurations, and the connection that was made last. Everything throws when it fails.
class TlsPair {
 public:
  virtual ~TlsPair() = default;
  /// Ends the connection that there is and makes another: a full handshake with X25519; the client knows the root and
  /// demands "localhost"; no tickets. Making and freeing the connections counts.
  virtual void connect(Effort& effort) = 0;
  /// The client sends `chunk` `count` times: the records stay in memory.
  virtual void write(tls::Bytes chunk, std::size_t count) = 0;
  /// What lies between writing and reading and is no work of TLS.
  virtual void deliver() = 0;
  /// The server reads all of it and says how many bytes of plaintext it was.
  virtual std::size_t read() = 0;
};

struct TlsLibrary {
  const char* name;
  std::unique_ptr<TlsPair> (*make)(const Chain& chain, tls::CipherSuite suite);
};
extern const TlsLibrary kOurTls, kOpensslTls;
[[nodiscard]] std::span<const TlsLibrary* const> tls_libraries() noexcept;

/// Adds the ticks of its life.
class OnClock {
 public:
  explicit OnClock(std::uint64_t& sum) noexcept : sum_(sum), begin_(ticks()) {}
  ~OnClock() { sum_ += ticks() - begin_; }
  OnClock(const OnClock&) = delete;
  OnClock& operator=(const OnClock&) = delete;

 private:
  std::uint64_t& sum_;
  std::uint64_t begin_;
};

}  // namespace sallyport::race
