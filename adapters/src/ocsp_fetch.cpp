#include "ocsp_fetch.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "ocsp_address.h"
#include "ocsp_http.h"
#include "tls/adapters/socket.h"

namespace tls::ocsp {
namespace {

// Not the injected clock: poll() and the peer live in real time, while tests (and operators) step the wall clock.
using Time = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;
using Addresses = std::vector<std::string>;  // a sockaddr's bytes each

std::unexpected<Error> timed_out(const char* while_doing) {
  return fail(Code::timed_out, std::string("the responder takes too long ") + while_doing);
}

std::unexpected<Error> stopped() { return fail(Code::aborted, "the keeper ends"); }

/// Waits until `fd` is ready for `events`, at most until `deadline`.
Result<void> wait_for(int fd, short events, Time::time_point deadline, int stop, const char* doing) {
  for (;;) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - Time::now()).count();
    if (left <= 0) return timed_out(doing);
    std::array<pollfd, 2> both{pollfd{fd, events, 0}, pollfd{stop, POLLIN, 0}};  // poll() passes over -1
    const int ready = ::poll(both.data(), both.size(), static_cast<int>(std::min<long long>(left, 60'000)));
    if (ready < 0 && errno != EINTR) return std::unexpected(transport_error("poll", errno));
    if (ready <= 0) continue;
    if (both[1].revents != 0) return stopped();
    return {};
  }
}

/// Connects to the very address, a sockaddr's bytes.
Result<Socket> connect_to(const std::string& address, Time::time_point deadline, int stop) {
  const auto* raw = reinterpret_cast<const sockaddr*>(address.data());
  Socket socket(::socket(raw->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return std::unexpected(connect_error(address, errno));
  if (::connect(socket.fd(), raw, static_cast<socklen_t>(address.size())) == 0) return socket;
  if (errno != EINPROGRESS && errno != EINTR) return std::unexpected(connect_error(address, errno));
  if (auto ready = wait_for(socket.fd(), POLLOUT, deadline, stop, "to take a connection"); !ready)
    return std::unexpected(std::move(ready).error());
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return std::unexpected(connect_error(address, error));
  return socket;
}

/// The addresses of a responder that may be asked.
Result<Addresses> permitted(const Url& url, const FetchOptions& options) {
  if (told_to_stop(options.stop)) return stopped();
  auto found = (*options.resolve)(url.host, url.port);
  if (told_to_stop(options.stop)) return stopped();  // whatever came of it
  if (!found) return std::unexpected(std::move(found).error());
  std::string refused;
  if (!options.allow_private)
    std::erase_if(*found, [&](const std::string& address) {
      if (is_public(address)) return false;
      if (refused.empty()) refused = display_address(address);
      return true;
    });
  if (found->size() > kMaxAddresses) found->resize(kMaxAddresses);
  if (!found->empty()) return found;
  if (refused.empty()) return fail(Code::transport_failed, "it has no address");
  return fail(Code::bad_config,
              "its address " + refused + " is not a public one; allow_private lets such responders be asked");
}

Result<Socket> connect(const Addresses& addresses, const FetchOptions& options, Time::time_point deadline) {
  std::optional<Error> why;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    // One that swallows everything leaves time for those behind it.
    const auto now = Time::now();
    const auto share = (deadline - now) / static_cast<long>(addresses.size() - i);
    auto socket = connect_to(addresses[i], now + share, options.stop);
    if (socket || socket.error().code() == Code::aborted) return socket;
    why = std::move(socket).error();
  }
  return std::unexpected(std::move(*why));
}

Result<void> write_all(const Socket& socket, std::string_view text, Time::time_point deadline, int stop) {
  while (!text.empty()) {
    const ssize_t n = ::send(socket.fd(), text.data(), text.size(), MSG_NOSIGNAL);
    if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
    if (n >= 0 || errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return std::unexpected(transport_error("write", errno));
    if (auto ready = wait_for(socket.fd(), POLLOUT, deadline, stop, "to read the request"); !ready) return ready;
  }
  return {};
}

Result<HttpResponse> read_response(const Socket& socket, Time::time_point deadline, int stop) {
  HttpReader reader;
  std::array<std::uint8_t, 4096> piece;
  for (;;) {
    if (auto ready = wait_for(socket.fd(), POLLIN, deadline, stop, "to answer"); !ready)
      return std::unexpected(std::move(ready).error());
    const ssize_t n = ::recv(socket.fd(), piece.data(), piece.size(), 0);
    if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) continue;
    if (n < 0) return std::unexpected(transport_error("read", errno));
    if (n == 0) {
      if (auto ended = reader.end(); !ended) return std::unexpected(std::move(ended).error());
      return std::move(reader.response());
    }
    auto whole = reader.take(Bytes(piece).first(static_cast<std::size_t>(n)));
    if (!whole) return std::unexpected(std::move(whole).error());
    if (*whole) return std::move(reader.response());
  }
}

Result<HttpResponse> exchange(const Addresses& addresses, const std::string& request, const FetchOptions& options,
                              Time::time_point deadline) {
  if (told_to_stop(options.stop)) return stopped();
  auto socket = connect(addresses, options, deadline);
  if (!socket) return std::unexpected(std::move(socket).error());
  if (auto written = write_all(*socket, request, deadline, options.stop); !written)
    return std::unexpected(std::move(written).error());
  return read_response(*socket, deadline, options.stop);
}

bool is_redirect(unsigned status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// A request by GET (null `body`) or POST, with the redirects that are followed: on the server at `addresses` alone.
Result<HttpResponse> ask(Url url, const Bytes* body, const Addresses& addresses, const FetchOptions& options,
                         Time::time_point deadline) {
  for (unsigned redirects = 0;; ++redirects) {
    const std::string request = body == nullptr ? get_request(url) : post_request(url, *body);
    auto response = exchange(addresses, request, options, deadline);
    if (!response || !is_redirect(response->status)) return response;
    if (redirects == kMaxRedirects)
      return fail(Code::bad_config, "it redirects more than " + std::to_string(kMaxRedirects) + " times");
    auto next = resolve_location(url, response->location);
    if (!next) return fail(Code::bad_config, "it redirects, and " + next.error().detail());
    if (!next->same_server(url))
      return fail(Code::bad_config, "it redirects to another server, " + next->authority() +
                                        ", which the certificate does not name: not followed");
    url = std::move(*next);
  }
}

std::unexpected<Error> at(const Url& url, const Error& why) {
  return fail(why.code(), url.text() + ": " + (why.detail().empty() ? why.message() : why.detail()));
}

Result<std::vector<std::uint8_t>> body_of(const Url& url, Result<HttpResponse> response) {
  if (!response) return at(url, response.error());
  if (response->status != 200)
    return fail(Code::transport_failed,
                url.text() + ": it answers with the HTTP status " + std::to_string(response->status));
  if (response->body.empty()) return fail(Code::transport_failed, url.text() + ": its answer is empty");
  return std::move(response->body);
}

}  // namespace

bool told_to_stop(int stop) noexcept {
  pollfd it{stop, POLLIN, 0};  // poll() passes over -1
  return ::poll(&it, 1, 0) > 0;
}

Result<std::vector<std::uint8_t>> fetch(const Url& url, Bytes request, const FetchOptions& options) {
  const auto deadline = Time::now() + options.timeout;
  const auto addresses = permitted(url, options);
  if (!addresses) return at(url, addresses.error());
  const Url by_get = get_url(url, base64(request));
  if (!url.has_query && by_get.text().size() <= kMaxGetUrl) {
    auto response = ask(by_get, nullptr, *addresses, options, deadline);
    // RFC 6960 Appendix A.1: GET is there for responders that want it; POST all have.
    const bool refused = response && response->status >= 400;
    if (!refused) return body_of(url, std::move(response));
  }
  return body_of(url, ask(url, &request, *addresses, options, deadline));
}

}  // namespace tls::ocsp
