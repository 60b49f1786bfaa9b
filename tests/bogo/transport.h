// A loopback socket to the runner, whole or one byte at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tls/bytes.h"

namespace bogo {

/// Connects on construction (the runner listens whatever our role is) and says which process this is.
class Transport {
 public:
  struct Address {
    std::uint16_t port;
    bool ipv6;
    std::uint64_t shim_id;
  };
  /// `single_bytes`: each read and each write moves one byte.
  Transport(Address address, bool single_bytes);
  /// Ends our direction, drains the peer's, closes: a reset would destroy the last alert.
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  [[nodiscard]] bool connected() const noexcept { return connected_; }
  /// Writes what `out` holds, at most `limit` bytes. False: the peer is gone.
  bool write(tls::Output& out, std::size_t limit = SIZE_MAX);
  /// Appends what arrives next to `in`. False: the end, or the peer is gone.
  bool read(std::vector<std::uint8_t>& in);

 private:
  int fd_ = -1;
  bool single_bytes_, connected_ = false;
};

}  // namespace bogo
