// A server that speaks as a test likes, and not TLS.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tls/adapters/socket.h"

namespace tls::test {

/// Takes connections and does one thing with each, until this goes.
class Strange {
 public:
  explicit Strange(std::function<void(Socket&)> with_each) {
    auto listener = Socket::listen("127.0.0.1", 0);
    REQUIRE(listener);
    port = std::to_string(*listener->local_port());
    listener_ = std::move(*listener);
    thread_ = std::thread([this, with_each = std::move(with_each)] {
      while (auto socket = listener_.accept()) {
        with_each(*socket);
        kept_.push_back(std::move(*socket));
      }
    });
  }
  ~Strange() {
    ::shutdown(listener_.fd(), SHUT_RDWR);
    thread_.join();
  }
  Strange(const Strange&) = delete;
  Strange& operator=(const Strange&) = delete;
  std::string port;

 private:
  Socket listener_;
  std::vector<Socket> kept_;
  std::thread thread_;
};

inline void send_all(Socket& socket, std::string_view bytes) {
  (void)!::send(socket.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

}  // namespace tls::test
