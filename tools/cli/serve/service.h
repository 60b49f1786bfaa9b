// What is spoken with a visitor once TLS lets it: HTTP, an echo, a number of bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "tls/bytes.h"
#include "tls/error.h"

namespace sallyport::cli {

class Visit;

/// For one visitor. All of it is called on the visit's thread; none of it waits. An error ends the visit.
class Service {
 public:
  virtual ~Service() = default;
  /// Data that may be a replay, before the handshake is done. Nobody reads less of it because busy() is true.
  virtual tls::Result<void> early(Visit& visit, tls::Bytes data) = 0;
  /// The handshake is done.
  virtual tls::Result<void> ready(Visit& visit) = 0;
  virtual tls::Result<void> data(Visit& visit, tls::Bytes data) = 0;
  /// There is more to write by itself: more() is called when all that was written before has gone. After the handshake
  /// no data is taken meanwhile: it waits, and makes the peer wait.
  [[nodiscard]] virtual bool busy() const noexcept { return false; }
  /// Writes about as much as `piece` holds, or is not busy any more. `piece` is memory for it, of the thread.
  virtual tls::Result<void> more(Visit& visit, tls::MutableBytes piece);
  /// A peer that leaves now, without close_notify, misses nothing, and neither do we.
  [[nodiscard]] virtual bool at_rest() const noexcept { return false; }
};

/// Sends back what comes, early data once nobody can repeat it.
class Echo final : public Service {
 public:
  tls::Result<void> early(Visit& visit, tls::Bytes data) override;
  tls::Result<void> ready(Visit& visit) override;
  tls::Result<void> data(Visit& visit, tls::Bytes data) override;

 private:
  std::vector<std::uint8_t> early_;
};

/// Writes `count` bytes and closes.
class Sender final : public Service {
 public:
  explicit Sender(std::uint64_t count) noexcept : left_(count) {}
  tls::Result<void> early(Visit& visit, tls::Bytes data) override;
  tls::Result<void> ready(Visit& visit) override;
  tls::Result<void> data(Visit& visit, tls::Bytes data) override;
  [[nodiscard]] bool busy() const noexcept override { return started_ && left_ != 0; }
  tls::Result<void> more(Visit& visit, tls::MutableBytes piece) override;

 private:
  std::uint64_t left_;
  bool started_ = false;
};

}  // namespace sallyport::cli
