// From flags to a configuration of the stack.
#pragma once

#include <memory>

#include "credentials.h"
#include "options.h"
#include "sessions.h"
#include "tls/config.h"
#include "verdict.h"

namespace bogo {

/// A clock that stands at the time of its making and is moved by hand.
class MockClock final : public tls::Clock {
 public:
  Milliseconds wall() const noexcept override { return wall_ + offset_; }
  Milliseconds monotonic() const noexcept override { return monotonic_ + offset_; }
  void advance(Milliseconds by) noexcept { offset_ += by; }

 private:
  Milliseconds wall_ = tls::system_clock().wall(), monotonic_ = tls::system_clock().monotonic();
  Milliseconds offset_{0};
};

/// The application traffic secrets, as a key log tells them.
struct TrafficSecrets {
  ByteVector client, server;
  void take(std::string_view line);
};

/// What the configuration of one connection is made of. Must outlive the connection.
struct Settings {
  const Options& options;
  MockClock& clock;
  Memory& memory;
  bool resumes;  ///< not the process's first connection
  std::shared_ptr<const Verdict> verdict;
  std::shared_ptr<const Credentials> credentials;
  std::shared_ptr<TrafficSecrets> secrets;
};

struct Versions {
  tls::ProtocolVersion min, max;
};
/// The versions that both the flags and the stack allow. None: the flags allow none but TLS 1.0 and 1.1, which are
/// never negotiated (RFC 8996).
[[nodiscard]] std::optional<Versions> versions(const Options& options);

/// None: a credential is of a kind that the stack does not have.
[[nodiscard]] std::optional<Settings> load_settings(const Options& options, MockClock& clock, Memory& memory,
                                                    bool resumes);
[[nodiscard]] tls::Result<tls::ClientConfig> client_config(const Settings& settings);
[[nodiscard]] tls::Result<tls::ServerConfig> server_config(const Settings& settings);

}  // namespace bogo
