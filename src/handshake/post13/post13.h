// After a TLS 1.3 handshake: KeyUpdate, NewSessionTicket, exporters (RFC 9846 §4.7, §7.5).
#pragma once

#include <memory>

#include "handshake/handshake.h"
#include "handshake/key_schedule13.h"
#include "handshake/table.h"

namespace tls::handshake::post13 {

/// What outlives the handshake.
struct Survivors {
  SuiteImpl suite;
  TrafficSecret read, write;
  ExporterSecret exporter;
  bool is_client = false;
  std::uint64_t records_per_key = 0;  ///< after which we update our key by ourselves
};

[[nodiscard]] std::unique_ptr<PostHandshake> make(Survivors survivors);
[[nodiscard]] const MachineTable& table();

}  // namespace tls::handshake::post13
