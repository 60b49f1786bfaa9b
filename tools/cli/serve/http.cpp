#include "cli/serve/http.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "cli/serve/limits.h"
#include "cli/serve/page.h"
#include "cli/serve/visit.h"

namespace sallyport::cli {
namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

std::string head_of(const std::string& status, std::string_view type, std::uint64_t length, bool keep_alive,
                    const std::string& fields = {}) {
  return "HTTP/1.1 " + status + "\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(length) + "\r\nConnection: " + (keep_alive ? "keep-alive" : "close") +
         "\r\n" + fields + "\r\n";
}

Response complaint(const char* status, const char* words) {
  return {.status = status, .body = std::string("<!doctype html><title>") + status + "</title><p>" + words + "</p>\n"};
}

/// Reads all of `into`. The file has become shorter than was promised: there is no way to say so but to leave.
tls::Result<void> read_all(int fd, tls::MutableBytes into) {
  while (!into.empty()) {
    const ssize_t n = ::read(fd, into.data(), into.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(tls::transport_error("reading a file of --root", errno));
    if (n == 0) return tls::fail(tls::Code::transport_failed, "a file of --root became shorter while it was sent");
    into = into.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace

struct Http::Request {
  std::string method, target, query;
  bool keep_alive = true;
  [[nodiscard]] bool safe() const { return method == "GET" || method == "HEAD"; }
};

/// Method, target and what matters of the fields. No method: not a request that we understand.
Http::Request Http::parse(const std::string& head) {
  Request request;
  const std::size_t line_end = head.find("\r\n"), first = head.find(' ');
  const std::size_t second = first == std::string::npos ? first : head.find(' ', first + 1);
  if (second == std::string::npos || second > line_end) {
    request.keep_alive = false;
    return request;
  }
  request.method = head.substr(0, first);
  request.target = head.substr(first + 1, second - first - 1);
  if (const std::size_t mark = request.target.find('?'); mark != std::string::npos) {
    request.query = request.target.substr(mark + 1);
    request.target.resize(mark);
  }
  const std::string version = head.substr(second + 1, line_end - second - 1), fields = lower(head.substr(line_end));
  request.keep_alive = version == "HTTP/1.1" && fields.find("\r\nconnection: close") == std::string::npos;
  // Bodies are not read: what follows one could be taken for a request.
  const bool body = fields.find("\r\ncontent-length:") != std::string::npos ||
                    fields.find("\r\ntransfer-encoding:") != std::string::npos;
  if (body || request.method.empty()) request.keep_alive = false;
  return request;
}

tls::Result<void> Http::send(Visit& visit, const Request& request, const Response& response) {
  closing_ = closing_ || response.last;
  std::string out = head_of(response.status, response.type, response.body.size(), !closing_, response.fields);
  if (request.method != "HEAD") out += response.body;
  return visit.write(tls::as_bytes(out));
}

// The head goes out in one record with as much of the file as there is room for.
tls::Result<void> Http::answer_with_file(Visit& visit, const Request& request) {
  auto found = folder_->find(request.target);
  if (const auto* miss = std::get_if<Folder::Miss>(&found)) {
    switch (*miss) {
      case Folder::Miss::bad_target:
        return send(visit, request, complaint("400 Bad Request", "That is no path."));
      case Folder::Miss::exhausted:
        return send(visit, request, complaint("503 Service Unavailable", "Too many files are open. Try again."));
      case Folder::Miss::absent:
        return send(visit, request, complaint("404 Not Found", "There is no such file."));
    }
  }
  auto& file = std::get<OpenFile>(found);
  const std::string head = head_of("200 OK", file.type, file.size, request.keep_alive);
  if (request.method == "HEAD") return visit.write(tls::as_bytes(head));
  constexpr std::uint64_t kWithHead = 14 << 10;  // bytes: with the head they fit into one record
  std::vector<std::uint8_t> first(head.begin(), head.end());
  first.resize(head.size() + static_cast<std::size_t>(std::min(file.size, kWithHead)));
  if (auto read = read_all(file.descriptor.fd(), tls::MutableBytes(first).subspan(head.size())); !read) return read;
  left_ = file.size - (first.size() - head.size());
  if (left_ != 0) file_ = std::move(file);
  return visit.write(first);
}

tls::Result<void> Http::answer(Visit& visit, const Request& request, bool early) {
  if (request.method.empty()) return send(visit, request, complaint("400 Bad Request", "That is not HTTP/1.1."));
  if (early && !request.safe())
    return send(visit, request, complaint("425 Too Early", "Send it again when the handshake is done."));
  if (!request.safe()) return send(visit, request, complaint("405 Method Not Allowed", "There are GET and HEAD."));
  if (folder_ != nullptr) return answer_with_file(visit, request);
  return send(visit, request, page(visit, request.target, request.query));
}

// RFC 8470 §4: a request of which a part came early is an early one: its head must be whole to be answered early.
tls::Result<void> Http::answer_waiting(Visit& visit, bool early) {
  backlog_ = false;
  while (!closing_ && left_ == 0) {
    const std::size_t end = waiting_.find("\r\n\r\n");
    if (end == std::string::npos && waiting_.size() <= kMaxHead) break;
    if (visit.queued() > kPiece) {
      backlog_ = true;
      break;
    }
    const bool whole = end != std::string::npos && end + 4 <= kMaxHead;
    Request request = whole ? parse(waiting_.substr(0, end + 2)) : parse({});
    if (whole)
      waiting_.erase(0, end + 4);
    else
      waiting_.clear();
    closing_ = !request.keep_alive;
    if (auto sent = answer(visit, request, early); !sent) return sent;
  }
  if (closing_) waiting_.clear();
  return closing_ && !busy() && visit.handshake_done() ? visit.close() : tls::Result<void>{};
}

tls::Result<void> Http::early(Visit& visit, tls::Bytes data) {
  waiting_ += tls::as_text(data);
  return answer_waiting(visit, true);
}

tls::Result<void> Http::ready(Visit& visit) { return answer_waiting(visit, false); }

tls::Result<void> Http::data(Visit& visit, tls::Bytes data) {
  waiting_ += tls::as_text(data);
  return answer_waiting(visit, false);
}

tls::Result<void> Http::more(Visit& visit, tls::MutableBytes piece) {
  if (left_ == 0) return answer_waiting(visit, !visit.handshake_done());
  piece = piece.first(static_cast<std::size_t>(std::min<std::uint64_t>(left_, piece.size())));
  if (auto read = read_all(file_.descriptor.fd(), piece); !read) return read;
  if (auto sent = visit.write(piece); !sent) return sent;
  left_ -= piece.size();
  if (left_ != 0) return {};
  file_ = {};
  return answer_waiting(visit, !visit.handshake_done());
}

}  // namespace sallyport::cli
