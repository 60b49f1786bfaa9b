// One connection of a case: the handshake, what must hold afterwards, the data, the end.
#pragma once

#include "settings.h"
#include "tls/connection.h"
#include "transport.h"

namespace bogo {

class Session {
 public:
  /// What is given by reference must outlive it. `retry` takes the place of `settings` when early data is refused;
  /// `early` bytes of the first write were sent as early data, and the last `unfinished` bytes of `out` are held back
  /// until more has to be written.
  Session(const Settings& settings, const Settings& retry, Transport& transport, tls::Connection connection,
          tls::Output out, std::size_t early, std::size_t unfinished)
      : settings_(&settings),
        retry_(retry),
        transport_(transport),
        connection_(std::move(connection)),
        out_(std::move(out)),
        early_written_(early),
        unfinished_(unfinished) {}

  /// Plays the case's flow. False: it failed, and the error stream says why.
  [[nodiscard]] bool run();
  /// Why it failed, where the stack failed.
  [[nodiscard]] const std::optional<tls::Error>& error() const noexcept { return error_; }
  [[nodiscard]] bool handshake_done() const noexcept { return done_; }

 private:
  enum class Happened : std::uint8_t {
    handshake_done,
    may_write,
    refused,
    early_data,
    data,
    peer_closed,
    end_of_file,
    failed
  };

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

  [[nodiscard]] const Options& options() const noexcept { return settings_->options; }
  [[nodiscard]] bool may_write_early() const;
  [[nodiscard]] bool refused() const;

  const Settings* settings_;
  const Settings& retry_;
  Transport& transport_;
  tls::Connection connection_;
  tls::Output out_;
  ByteVector in_, data_;  // from the transport, not consumed; for the application, not read
  std::optional<tls::Error> error_;
  std::size_t early_written_, unfinished_;
  bool begun_ = false, done_ = false, early_ = false, hold_back_ = false;
};

}  // namespace bogo
