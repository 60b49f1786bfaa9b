// After a TLS 1.3 handshake: KeyUpdate, NewSessionTicket, exporters (RFC 9846 §4.7, §7.5).
#pragma once

#include <memory>

#include "handshake/handshake.h"
#include "handshake/key_schedule13.h"
#include "handshake/settings.h"
#include "handshake/table.h"
#include "session/client_state.h"

namespace tls::handshake::post13 {

/// What makes a client's sessions of the tickets that come. Held apart: only where somebody keeps sessions.
struct TicketKeeper {
  std::shared_ptr<const ClientSettings> settings;
  SessionKey key;
  ResumptionSecret secret;
  session::ClientState like;  ///< what all sessions of this connection have in common
  std::size_t kept = 0;       ///< so far; at most limits::kMaxNewTickets
};

/// What outlives the handshake.
struct Survivors {
  SuiteImpl suite;
  TrafficSecret read, write;
  ExporterSecret exporter;
  bool is_client = false;
  std::uint64_t records_per_key = 0;                ///< after which we update our key by ourselves
  std::unique_ptr<TicketKeeper> tickets = nullptr;  ///< a client's; null: tickets are read and forgotten
};

[[nodiscard]] std::unique_ptr<PostHandshake> make(Survivors survivors);
[[nodiscard]] const MachineTable& table();

}  // namespace tls::handshake::post13
