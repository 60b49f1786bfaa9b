// The part of TLS 1.3 after the handshake: KeyUpdate, NewSessionTicket, exporters (RFC 9846 §4.7, §7.5).
#pragma once

#include <memory>

#include "handshake/handshake.h"
#include "handshake/key_schedule13.h"
#include "handshake/settings.h"
#include "handshake/table.h"
#include "session/client_state.h"

namespace tls::handshake::post13 {

/// Makes a client's sessions from the tickets that it receives. Separate, because it exists only if sessions are
/// stored.
struct TicketKeeper {
  std::shared_ptr<const ClientSettings> settings;
  SessionKey key;
  ResumptionSecret secret;
  session::ClientState like;  ///< the data that all sessions of this connection share
  std::size_t kept = 0;       ///< sessions so far. At most limits::kMaxNewTickets
};

/// The data that outlives the handshake.
struct Survivors {
  SuiteImpl suite;
  TrafficSecret read, write;
  ExporterSecret exporter;
  bool is_client = false;
  std::uint64_t records_per_key = 0;  ///< number of records after which we update our key without a request
  std::unique_ptr<TicketKeeper> tickets = nullptr;  ///< of a client. Null: tickets are parsed and dropped
};

[[nodiscard]] std::unique_ptr<PostHandshake> make(Survivors survivors);
[[nodiscard]] const MachineTable& table();

}  // namespace tls::handshake::post13
