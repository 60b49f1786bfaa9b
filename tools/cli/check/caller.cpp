#include "cli/check/caller.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <thread>

#include "cli/channel.h"
#include "cli/check/lookup.h"
#include "cli/command.h"
#include "cli/host.h"
#include "pki/server_name.h"
#include "tls/environment.h"

namespace sallyport::cli::check {
namespace {

using std::chrono::milliseconds;
using tls::ProtocolVersion;

/// For a server to end its side once we have ended ours, and bytes that it may still have sent meanwhile.
constexpr milliseconds kParting{200};
constexpr std::size_t kMostPieces = 64;  // of 4 KiB

}  // namespace

std::optional<tls::ClientSession> Kept::take(const tls::SessionKey&, tls::Clock::Milliseconds) {
  if (sessions_.empty()) return std::nullopt;
  auto newest = std::move(sessions_.back());
  sessions_.clear();
  return newest;
}

tls::Answer<tls::ChainAccepted> Onlooker::verify(const tls::ChainToVerify& chain) const {
  seen_ = chain.issuer_ocsp_responses;
  return tls::Result<tls::ChainAccepted>(tls::ChainAccepted{});
}

Caller::Caller(const ProbeTarget& target, const ProbeLimits& limits)
    : target_(target), limits_(limits), end_(std::chrono::steady_clock::now() + limits.server) {
  (void)std::from_chars(target.port.data(), target.port.data() + target.port.size(), port_);
}

/// A connected socket. Throws Stop where none comes about, but for the first.
std::optional<tls::Socket> Caller::connect() {
  if (connections_ == limits_.connections)
    throw Stop{"more than " + std::to_string(limits_.connections) + " connections would be needed"};
  if (connections_ != 0) std::this_thread::sleep_for(limits_.pause);
  auto socket = connections_ == 0 ? connect_first() : connect_to(address_);
  if (!socket) {
    if (connections_ != 0) throw Stop{socket.error().message()};
    unreachable_ = socket.error();
    return std::nullopt;
  }
  ++connections_;
  return std::move(*socket);
}

/// The first address that takes a connection. All others go there: of several machines behind a name one is looked at,
/// and sessions of one are not offered to another.
tls::Result<tls::Socket> Caller::connect_first() {
  const auto addresses =
      look_up(target_.host, target_.port, std::min(limits_.connection, left_in_all()), limits_.lookup);
  if (!addresses) return std::unexpected(addresses.error());
  std::string why;
  for (const std::string& address : *addresses) {
    address_ = tls::display_address(address);
    auto socket = connect_to(address_);
    if (socket) {
      taken_ = address_;
      return socket;
    }
    why += (why.empty() ? "" : "; ") + socket.error().detail();
  }
  return tls::fail(tls::Code::transport_failed, why.empty() ? "the host has no address" : why);
}

tls::Result<tls::Socket> Caller::connect_to(const std::string& address) const {
  std::string host, port;
  split_host(address, host, port);
  return tls::Socket::connect(host, port, std::min(limits_.connection, left_in_all()));
}

milliseconds Caller::left_in_all() const {
  const auto left = std::chrono::duration_cast<milliseconds>(end_ - std::chrono::steady_clock::now());
  if (left.count() <= 0) throw Stop{"the time ran out (--timeout)"};
  return left;
}

std::optional<Outcome> Caller::shake_hands(const tls::ClientConfig& config, const Kept* wait_for) {
  auto socket = connect();
  if (!socket) return std::nullopt;
  tls::Output first;
  auto connection = tls::ClientConnection::start(config, target_.name, tls::ClientStart{.port = port_}, first);
  if (!connection) throw Failure(kUsage, connection.error().message());
  Channel channel(std::move(*connection), std::move(*socket), std::move(first));
  (void)onlooker_->take();
  auto done = channel.handshake(std::min(limits_.connection, left_in_all()));
  if (!done) {
    const tls::Error error = std::move(done).error();
    if (error.code() == tls::Code::timed_out && std::chrono::steady_clock::now() >= end_) (void)left_in_all();
    return Outcome{error, channel.info(), onlooker_->take()};
  }
  if (wait_for != nullptr && channel.info().version == ProtocolVersion::tls13) wait(channel, *wait_for);
  Outcome out{std::nullopt, channel.info(), onlooker_->take()};
  part(channel);
  return out;
}

/// Ends in order, so that the server keeps the session and complains of nobody: close_notify, and what it has still
/// sent is read, for a socket that is closed with unread bytes resets the connection.
void Caller::part(Channel& channel) const {
  if (!channel.close()) return;
  const int fd = channel.socket().fd();
  (void)::shutdown(fd, SHUT_WR);
  const Time until = std::min(end_, std::chrono::steady_clock::now() + kParting);
  std::array<std::uint8_t, 4096> ignored{};
  for (std::size_t pieces = 0; pieces < kMostPieces; ++pieces) {
    const auto left = std::chrono::duration_cast<milliseconds>(until - std::chrono::steady_clock::now());
    pollfd waiting{fd, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) return;
    if (::recv(fd, ignored.data(), ignored.size(), MSG_DONTWAIT) <= 0) return;
  }
}

void Caller::wait(Channel& channel, const Kept& store) const {
  const Time until = std::min(end_, std::chrono::steady_clock::now() + limits_.ticket);
  bool readable = false;
  while (store.empty()) {
    const auto more = channel.read_some(readable);
    if (!more || (*more && (*more)->empty())) return;  // it has ended
    if (!store.empty()) return;
    const auto left = std::chrono::duration_cast<milliseconds>(until - std::chrono::steady_clock::now());
    pollfd waiting{channel.socket().fd(), POLLIN, 0};
    if (left.count() <= 0) return;
    const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready == 0 || (ready < 0 && errno != EINTR)) return;
    readable = ready > 0;
  }
}

std::optional<std::uint16_t> Caller::ask(OldOffer offer) {
  auto socket = connect();
  if (!socket) return std::nullopt;
  const Time until = std::chrono::steady_clock::now() + std::min(limits_.connection, left_in_all());
  const auto name = tls::pki::ServerName::parse(target_.name);
  const auto hello = old_hello(offer, name && !name->is_address() ? name->text() : "", tls::system_random());
  if (::send(socket->fd(), hello.data(), hello.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(hello.size()))
    return std::nullopt;
  std::array<std::uint8_t, kMostOfAnswer> answer{};
  for (std::size_t have = 0; have < answer.size();) {
    const auto left = std::chrono::duration_cast<milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !socket->timeouts(left, left)) throw Stop{"the server does not answer in time"};
    const ssize_t n = ::recv(socket->fd(), answer.data() + have, answer.size() - have, 0);
    if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) continue;
    if (n <= 0) return std::nullopt;
    have += static_cast<std::size_t>(n);
    const OldAnswer read = read_old_answer(tls::Bytes(answer).first(have), offer);
    if (!read.complete) continue;
    if (!read.accepted) return std::nullopt;
    // That was all: user_canceled, close_notify (RFC 5246 §7.2).
    constexpr std::uint8_t kNoMore[] = {21, 3, 1, 0, 2, 1, 90, 21, 3, 1, 0, 2, 1, 0};
    (void)!::send(socket->fd(), kNoMore, sizeof kNoMore, MSG_NOSIGNAL);
    return read.suite;
  }
  return std::nullopt;
}

}  // namespace sallyport::cli::check
