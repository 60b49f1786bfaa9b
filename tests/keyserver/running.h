// A key server in threads of this process, and callers that write what they like.
#pragma once

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "crypto/software_key.h"
#include "key_protocol.h"
#include "key_socket.h"
#include "keyserver/parts.h"
#include "support/pki.h"
#include "support/time_scale.h"
#include "tls/adapters/key_server.h"
#include "tools/run.h"

namespace tls::test {

inline std::shared_ptr<const SigningKey> software(sallyport::KeyType type = sallyport::KeyType::ecdsa_p256) {
  auto made = crypto::software_key(key(type)->pkcs8());
  REQUIRE_MESSAGE(made, (made ? "" : made.error().message()));
  return *made;
}

/// The lines of an audit, or warnings.
struct Lines {
  std::mutex mutex;
  std::vector<std::string> all;
  std::atomic<bool> kept{true};
  bool add(std::string_view line) {
    const std::lock_guard lock(mutex);
    all.emplace_back(line);
    return kept;
  }
  [[nodiscard]] std::vector<std::string> copy() {
    const std::lock_guard lock(mutex);
    return all;
  }
  [[nodiscard]] std::size_t with(std::string_view words) {
    std::size_t n = 0;
    for (const std::string& line : copy()) n += line.find(words) != std::string::npos ? 1 : 0;
    return n;
  }
};

/// Runs from its making to its end.
struct RunningKeys {
  TemporaryFolder folder;
  std::shared_ptr<Lines> audit = std::make_shared<Lines>(), warnings = std::make_shared<Lines>();
  KeyServerOptions options;
  std::optional<KeyServer> server;
  std::thread thread;

  RunningKeys() {
    options.path = folder.path("keys");
    options.keys = {{.name = "web", .key = software()},
                    {.name = "client", .key = software(), .for_servers = false, .for_clients = true}};
    options.callers = {{.user = ::geteuid(), .group = {}, .keys = {}}};
    options.rate = 0;
    options.audit = [lines = audit](std::string_view line) { return lines->add(line); };
    options.warning = [lines = warnings](std::string_view line) { lines->add(line); };
  }
  ~RunningKeys() { stop(); }
  RunningKeys(const RunningKeys&) = delete;
  RunningKeys& operator=(const RunningKeys&) = delete;

  RunningKeys& start() {
    auto made = KeyServer::open(options);
    REQUIRE_MESSAGE(made, (made ? "" : made.error().message()));
    server.emplace(*std::move(made));
    thread = std::thread([this] { static_cast<void>(server->run()); });
    return *this;
  }
  void stop() {
    if (!server) return;
    server->stop();
    thread.join();
    server.reset();
  }
};

/// Somebody who calls a key server, byte by byte.
class RawCaller {
 public:
  explicit RawCaller(const std::string& path) {
    auto socket = keys::connect_unix(path);
    REQUIRE_MESSAGE(socket, (socket ? "" : socket.error().message()));
    socket_ = *std::move(socket);
  }
  void write(Bytes bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(socket_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n > 0)
        bytes = bytes.subspan(static_cast<std::size_t>(n));
      else if (n < 0 && errno == EAGAIN)
        static_cast<void>(wait(POLLOUT));
      else
        return;  // the server has closed it
    }
  }
  /// The next answer; nothing: the server has closed the connection.
  std::optional<std::vector<std::uint8_t>> read() {
    while (true) {
      Bytes rest(in_);
      const auto frame = keys::next_frame(rest, keys::kMaxAnswer);
      REQUIRE(frame);
      if (*frame) {
        const std::size_t size = in_.size() - rest.size();
        std::vector<std::uint8_t> whole(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(size));
        in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(size));
        return whole;
      }
      REQUIRE(wait(POLLIN));
      std::uint8_t piece[4096];
      const ssize_t n = ::recv(socket_.fd(), piece, sizeof piece, 0);
      if (n <= 0) return std::nullopt;
      in_.insert(in_.end(), piece, piece + n);
    }
  }
  [[nodiscard]] int fd() const noexcept { return socket_.fd(); }

 private:
  bool wait(short what) {
    pollfd ready{socket_.fd(), what, 0};
    return ::poll(&ready, 1, static_cast<int>(scaled(std::chrono::milliseconds(20'000)).count())) > 0;
  }
  Socket socket_;
  std::vector<std::uint8_t> in_;
};

/// What an answer says: the refusal's name, "signature", "described", or "closed".
inline std::string said(const std::optional<std::vector<std::uint8_t>>& answer) {
  if (!answer) return "closed";
  Bytes in(*answer);
  const auto frame = keys::next_frame(in, keys::kMaxAnswer);
  REQUIRE((frame && *frame));
  const auto reply = keys::parse_reply(**frame);
  REQUIRE(reply);
  if (const auto* refused = std::get_if<keys::Refused>(&*reply)) return std::string(keys::name(refused->why));
  return std::holds_alternative<keys::Signature>(*reply) ? "signature" : "described";
}

inline std::vector<std::uint8_t> request_frame(const Parts& parts, std::string_view key = "web", std::uint32_t id = 1) {
  auto bytes = keys::encode(id, keys::Sign{key, parts.view()});
  REQUIRE_MESSAGE(bytes, (bytes ? "" : bytes.error().message()));
  return *std::move(bytes);
}

/// What the server answers to one request.
inline std::string ask(const std::string& path, const Parts& parts, std::string_view key = "web") {
  RawCaller caller(path);
  caller.write(request_frame(parts, key));
  return said(caller.read());
}

}  // namespace tls::test
