// A state machine as a table, for reviewers. machine.h proves that the handlers agree with the table.
#pragma once

#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>

#include "handshake/handshake.h"

namespace tls::handshake {

/// An event of a machine: a handshake message (its HandshakeType), or an event that is not a message.
enum class On : std::uint16_t {
  hello_request = 0,
  client_hello = 1,
  server_hello = 2,
  new_session_ticket = 4,
  end_of_early_data = 5,
  encrypted_extensions = 8,
  certificate = 11,
  server_key_exchange = 12,
  certificate_request = 13,
  server_hello_done = 14,
  certificate_verify = 15,
  client_key_exchange = 16,
  finished = 20,
  certificate_status = 22,
  key_update = 24,
  hello_retry_request = 0x100,  // a ServerHello with the special random (RFC 9846 §4.2.4)
  change_cipher_spec,           // TLS 1.2. A record, not a message
  credential_chosen,            // this and the next five: answers to operations
  chain_verified,
  signature_made,
  session_found,
  ticket_opened,
  replay_claimed,
  configuration_chosen,  // hello/ waits for it before a machine exists, so no table has a row for it
};
[[nodiscard]] std::string_view name(On on) noexcept;

/// The time at which a message enters the transcript.
enum class Hash : std::uint8_t {
  none,
  before,   ///< before the handler runs
  after,    ///< after the handler, which sees the transcript up to the previous message
  handler,  ///< in the handler: the message is hashed in two parts, or restarts the transcript
};
/// The place where a message may end.
enum class Edge : std::uint8_t {
  any,
  aligned,  ///< it must end its record, because a key change follows (RFC 9846 §5.1)
};

/// A set of states of one machine, one bit each.
using IdSet = std::uint32_t;
template <class... Id>
consteval IdSet to(Id... ids) {
  return ((IdSet{1} << static_cast<unsigned>(ids)) | ...);
}

/// One transition.
template <class Id>
struct Row {
  Id from;
  On on;
  IdSet to;
  Hash hash;
  Edge edge;
};

/// What a state may read and write besides handshake messages.
template <class Id>
struct StateRow {
  Id id;
  std::string_view name;
  Permissions may;
};

/// The tables of one machine without their types, for printing and for tests.
struct MachineTable {
  struct Transition {
    unsigned from;
    On on;
    IdSet to;
    Hash hash;
    Edge edge;
  };
  struct State {
    std::string_view name;
    Permissions may;
  };
  /// From the type of a handler: `on` in state `from` leads to one of `to`.
  struct Handler {
    unsigned from;
    On on;
    IdSet to;
  };
  std::string_view name;  ///< "client13", ...
  std::span<const Transition> rows;
  std::span<const State> states;      ///< the machine starts in the first state and ends in the last
  std::span<const Handler> handlers;  ///< one for each row. Otherwise the code does not compile (proof.h)
};

}  // namespace tls::handshake
