// One connection of a case: the handshake, what must hold afterwards, the data, the end.
#pragma once

#include "settings.h"
#include "tls/connection.h"
#include "transport.h"

namespace bogo {

class Session {
 public:
  /// All are kept by reference and must outlive it.
  Session(const Settings& settings, Transport& transport, tls::Connection connection, tls::Output out)
      : settings_(settings),
        options_(settings.options),
        transport_(transport),
        connection_(std::move(connection)),
        out_(std::move(out)) {}

  /// Plays the case's flow. False: it failed, and the error stream says why.
  [[nodiscard]] bool run();
  /// Why it failed, where the stack failed.
  [[nodiscard]] const std::optional<tls::Error>& error() const noexcept { return error_; }
  [[nodiscard]] bool handshake_done() const noexcept { return done_; }

 private:
  enum class Happened : std::uint8_t { handshake_done, may_write, data, peer_closed, end_of_file, failed };

  Happened next();
  bool receive();
  bool answer(tls::OperationId id);
  bool flush();
  bool fail(tls::Error error);

  bool handshake();
  bool idle();
  bool write_first();
  bool write(tls::Bytes data);
  bool export_secrets();
  bool echo();
  bool shut_down();

  const Settings& settings_;
  const Options& options_;
  Transport& transport_;
  tls::Connection connection_;
  tls::Output out_;
  ByteVector in_, data_;  // from the transport, not consumed; for the application, not read
  std::optional<tls::Error> error_;
  bool done_ = false, early_ = false, hold_back_ = false;
};

}  // namespace bogo
