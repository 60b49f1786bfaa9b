// A handshake that does what a test tells it, and a peer that writes any records, lawful or not.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "handshake/handshake.h"
#include "handshake/settings.h"
#include "record/opener.h"
#include "record/sealer.h"
#include "tls/connection.h"

namespace tls::test {

using ByteList = std::vector<std::uint8_t>;
using handshake::Direction;
using handshake::Epoch;
using handshake::Permissions;
using handshake::Sink;
using record::ContentType;

/// What the fake handshake of a test does, and what it saw. Must outlive the connection.
struct Script {
  // What it does.
  Permissions permissions;
  bool done = false;
  std::size_t max_early_data = 0;           ///< bytes
  std::map<std::uint8_t, std::size_t> max;  ///< bytes of body by type; any other: 1000; 0: unexpected_message
  std::function<Result<void>(Sink&)> on_begin, on_ccs;
  std::function<Result<void>(Bytes, bool, Sink&)> on_message;  ///< before the handshake is done
  std::function<Result<void>(OperationResult, Sink&)> on_complete;
  std::function<Result<void>(Bytes, bool, Sink&)> on_post_message;  ///< afterwards
  std::function<Result<void>(bool, Sink&)> on_update_keys;
  std::uint64_t update_after = ~std::uint64_t{0};

  // What it saw.
  std::vector<ByteList> messages;  ///< whole ones, before and after
  std::vector<bool> ends_record;
  unsigned data_received = 0, ccs = 0;
  unsigned handshakes = 0;         ///< alive
  std::vector<Error> post_failed;  ///< what ended the established connection
};

/// The suite that all tests use, and keys made of one number.
[[nodiscard]] handshake::SuiteImpl suite();
[[nodiscard]] handshake::TrafficSecret secret(std::uint8_t number);
[[nodiscard]] record::Protection keys(std::uint8_t number);
[[nodiscard]] std::shared_ptr<CommonSettings> settings();

/// A connection over the script's handshake.
class TestConnection : public Connection {
 public:
  explicit TestConnection(Script& script, std::shared_ptr<const CommonSettings> settings = test::settings());
  Result<void> begin(Output& out);
  [[nodiscard]] std::size_t buffered() const;
  /// From now on its write key, number 1, has sealed all that it may: sequence_exhausted.
  void seal_no_more();
  [[nodiscard]] static std::size_t core_size();
};

/// The other end of the wire: seals what a test wants it to send and opens what came.
struct Peer {
  record::Sealer sealer;
  record::Opener opener;

  /// The bytes of `content` in records of the type, at most `piece` bytes in each (0: as many as fit).
  [[nodiscard]] ByteList records(ContentType type, Bytes content, std::size_t piece = 0);
  [[nodiscard]] ByteList records(ContentType type, std::string_view hex, std::size_t piece = 0);
  /// Takes all records off `out`: "22:0b000000" for each, in order.
  [[nodiscard]] std::vector<std::string> read(Output& out);
};

/// All events of `in`, given at once or in pieces of `piece` bytes; each as text: "data 0102", "done", "await 1",
/// "closed", "failed bad_record_mac". What the connection did not consume is an error, unless a record is incomplete.
[[nodiscard]] std::vector<std::string> events(Connection& connection, ByteList in, Output& out, std::size_t piece = 0);
/// The same without the output.
[[nodiscard]] std::vector<std::string> events(Connection& connection, ByteList in);
/// One event as text.
[[nodiscard]] std::string text(const Event& event);

/// A handshake message: header and a body of `size` bytes.
[[nodiscard]] ByteList message(std::uint8_t type, std::size_t size, std::uint8_t fill = 0xAB);
[[nodiscard]] ByteList operator+(ByteList a, const ByteList& b);

/// A TLS 1.2 connection with keys both ways, still in its handshake but with data allowed.
struct Tls12 {
  Script script;
  TestConnection connection{script};
  Peer peer;
  Output out;
  Tls12();
};

/// An established connection and its peer, keys 1 from us, 2 to us.
struct Established {
  Script script;
  TestConnection connection;
  Peer peer;
  Output out;
  explicit Established(std::shared_ptr<const CommonSettings> settings = test::settings());
};

}  // namespace tls::test
