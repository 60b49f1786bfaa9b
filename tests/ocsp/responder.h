// A responder on loopback that does what a test tells it, well or badly.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/time_scale.h"
#include "tls/adapters/socket.h"
#include "tls/bytes.h"

namespace tls::test {

struct Asked {
  std::string method, target, head, body;
};

/// One connection, when its request has been read. Closed when the handler returns.
class Caller {
 public:
  explicit Caller(Socket& socket) noexcept : socket_(socket) {}
  /// False: the other side has gone.
  bool write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t n = ::send(socket_.fd(), text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  /// Until the other side goes.
  void hang() const {
    char c = 0;
    while (::recv(socket_.fd(), &c, 1, 0) > 0) {
    }
  }

 private:
  Socket& socket_;
};

class FakeResponder {
 public:
  using Handler = std::function<void(const Caller&, const Asked&)>;

  explicit FakeResponder(Handler handler = {})
      : handler_(std::move(handler)), listener_(*Socket::listen("127.0.0.1", 0)) {
    thread_ = std::jthread([this] { run(); });
  }
  ~FakeResponder() { ::shutdown(listener_.fd(), SHUT_RDWR); }
  FakeResponder(const FakeResponder&) = delete;
  FakeResponder& operator=(const FakeResponder&) = delete;

  [[nodiscard]] std::string port() const { return std::to_string(*listener_.local_port()); }
  [[nodiscard]] std::string url(const std::string& path = "/") const { return "http://127.0.0.1:" + port() + path; }
  void handle(Handler handler) {
    const std::scoped_lock lock(mutex_);
    handler_ = std::move(handler);
  }
  /// What was asked so far.
  [[nodiscard]] std::vector<Asked> asked() const {
    const std::scoped_lock lock(mutex_);
    return asked_;
  }
  [[nodiscard]] std::size_t count() const { return asked().size(); }

 private:
  void run() {
    for (;;) {
      auto socket = listener_.accept();
      if (!socket) return;
      Asked asked;
      if (!read(*socket, asked)) continue;
      Handler handler;
      {
        const std::scoped_lock lock(mutex_);
        asked_.push_back(asked);
        handler = handler_;
      }
      if (handler) handler(Caller(*socket), asked);
      socket->shut_down_writing();
      Caller(*socket).hang();  // what is unread would reset the connection, and with it what was written
    }
  }
  static bool read(const Socket& socket, Asked& asked) {
    std::string text;
    std::size_t end = 0, length = 0;
    char piece[4096];
    while ((end = text.find("\r\n\r\n")) == text.npos || text.size() < end + 4 + length) {
      const ssize_t n = ::recv(socket.fd(), piece, sizeof piece, 0);
      if (n <= 0) return false;
      text.append(piece, static_cast<std::size_t>(n));
      const std::size_t field = text.find("Content-Length: ");
      if (field != text.npos) length = std::strtoul(text.c_str() + field + 16, nullptr, 10);
    }
    asked.head = text.substr(0, end + 4);
    asked.body = text.substr(end + 4);
    asked.method = text.substr(0, text.find(' '));
    const std::size_t target = asked.method.size() + 1;
    asked.target = text.substr(target, text.find(' ', target) - target);
    return true;
  }

  mutable std::mutex mutex_;
  Handler handler_;
  std::vector<Asked> asked_;
  Socket listener_;
  std::jthread thread_;
};

/// A response with a body.
inline std::string ok(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}
inline std::string ok(const std::vector<std::uint8_t>& der) { return ok(as_text(der)); }
inline FakeResponder::Handler says(std::string response) {
  return [text = std::move(response)](const Caller& caller, const Asked&) { caller.write(text); };
}

}  // namespace tls::test
