#include "cli/relay.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <iostream>

#include "cli/command.h"

namespace sallyport::cli {
namespace {

/// What both directions share.
class Relay {
 public:
  Relay(Channel& channel, bool print) : channel_(channel), print_(print) {}

  tls::Result<void> run() {
    while (!closed_) {
      std::array<pollfd, 2> waiting = {
          {{channel_.socket().fd(), POLLIN, 0}, {reading_ ? STDIN_FILENO : -1, POLLIN, 0}}};
      if (::poll(waiting.data(), waiting.size(), more_ ? 0 : -1) < 0 && errno != EINTR)
        throw Failure(kIo, std::string("waiting for input: ") + std::strerror(errno));
      const bool readable = (waiting[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
      if (more_ || readable)
        if (auto done = receive(readable); !done) return done;
      if (!closed_ && (waiting[1].revents & (POLLIN | POLLHUP)) != 0)
        if (auto done = send(); !done) return done;
    }
    // The server has said that it is done: whether it still takes our close_notify changes nothing.
    if (reading_) static_cast<void>(channel_.close());
    return {};
  }

 private:
  tls::Result<void> receive(bool readable) {
    auto data = channel_.read_some(readable);
    if (!data) return std::unexpected(std::move(data).error());
    more_ = data->has_value();
    if (!more_) return {};
    closed_ = (*data)->empty();
    if (!print_) return {};
    std::cout.write(reinterpret_cast<const char*>((*data)->data()), static_cast<std::streamsize>((*data)->size()));
    std::cout.flush();
    return {};
  }

  tls::Result<void> send() {
    std::array<std::uint8_t, 16384> piece{};
    const ssize_t n = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) return {};
    if (n < 0) throw Failure(kIo, std::string("the standard input cannot be read: ") + std::strerror(errno));
    reading_ = n != 0;  // half-close: what the server still has to say is read
    auto done = n == 0 ? channel_.close() : channel_.write(tls::Bytes(piece).first(static_cast<std::size_t>(n)));
    if (done || done.error().code() != tls::Code::transport_failed) return done;
    // It takes no more. Whether it went in order is in what it has sent: close_notify, an alert, or nothing.
    channel_.drop_writes();
    reading_ = false;
    more_ = true;
    return {};
  }

  Channel& channel_;
  const bool print_;
  bool reading_ = true;  // the standard input
  bool more_ = true;     // what was received may hold another record
  bool closed_ = false;  // by the server
};

}  // namespace

tls::Result<void> relay(Channel& channel, bool print) { return Relay(channel, print).run(); }

}  // namespace sallyport::cli
