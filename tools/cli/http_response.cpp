#include "cli/http_response.h"

#include <algorithm>
#include <charconv>

#include "cli/command.h"

namespace sallyport::cli {
namespace {

constexpr std::size_t kMaxHead = 64 << 10;  // bytes of a response's head
constexpr std::size_t kMaxLine = 4 << 10;   // bytes of a line between chunks

[[noreturn]] void malformed(const std::string& what) {
  throw Failure(kIo, "the server's HTTP response is malformed: " + what);
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

/// The value of a field in a head of lower case; nothing where it has none.
std::string field(const std::string& fields, const std::string& name) {
  const std::string start = "\r\n" + name + ":";
  const std::size_t at = fields.find(start);
  if (at == std::string::npos) return {};
  const std::size_t begin = fields.find_first_not_of(" \t", at + start.size());
  const std::size_t end = fields.find("\r\n", at + start.size());
  return begin < end ? fields.substr(begin, end - begin) : std::string();
}

std::uint64_t number(std::string text, int base, const char* what) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.pop_back();
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) malformed(std::string("its ") + what + " is no number");
  return value;
}

}  // namespace

void HttpResponse::feed(tls::Bytes data) {
  if (done()) return;  // what comes behind it is not ours
  waiting_ += tls::as_text(data);
  while (part_ == Part::head ? take_head() : take_body()) {
  }
}

void HttpResponse::end() {
  if (part_ == Part::until_close) part_ = Part::done;
  if (done()) return;
  if (status_ == 0) throw Failure(kIo, "the server closed without an HTTP response");
  throw Failure(kIo, "the server closed in the middle of its HTTP response");
}

/// True: there may be more to do with what has come.
bool HttpResponse::take_head() {
  constexpr std::string_view kStart = "HTTP/1.";
  if (!std::string_view(waiting_).starts_with(kStart.substr(0, std::min(kStart.size(), waiting_.size()))))
    throw Failure(kIo, "the server's answer is not an HTTP/1.1 response");
  const std::size_t end = waiting_.find("\r\n\r\n");
  if (end == std::string::npos && waiting_.size() > kMaxHead) malformed("its head does not end");
  if (end == std::string::npos) return false;
  const std::string head = waiting_.substr(0, end + 2);
  waiting_.erase(0, end + 4);
  const std::size_t space = head.find(' '), line_end = head.find("\r\n");
  if (space > line_end) malformed("its first line has no status");
  status_line_ = head.substr(space + 1, line_end - space - 1);
  std::erase_if(status_line_, [](char c) { return c < 0x20 || c > 0x7E; });
  status_ = static_cast<int>(number(status_line_.substr(0, 3), 10, "status"));
  if (status_ < 100 || status_ > 999) malformed("its status has not three digits");
  if (status_ >= 200) begin_body(lower(head.substr(line_end)));  // RFC 9110 §15.2: another follows a 1xx
  return true;
}

// RFC 9112 §6.3: how long the body is.
void HttpResponse::begin_body(const std::string& fields) {
  const std::string coding = field(fields, "transfer-encoding"), length = field(fields, "content-length");
  if (status_ == 204 || status_ == 304) {
    part_ = Part::done;
  } else if (coding == "chunked") {
    part_ = Part::chunk_size;
  } else if (!coding.empty()) {
    malformed("its transfer coding is not chunked alone");
  } else if (length.empty()) {
    part_ = Part::until_close;
  } else {
    left_ = number(length, 10, "Content-Length");
    part_ = left_ == 0 ? Part::done : Part::sized;
  }
}

/// Takes a whole line off; false: it has not come yet.
bool HttpResponse::take_line(std::string& line) {
  const std::size_t end = waiting_.find("\r\n");
  if (end == std::string::npos && waiting_.size() > kMaxLine) malformed("a line between chunks does not end");
  if (end == std::string::npos) return false;
  line = waiting_.substr(0, end);
  waiting_.erase(0, end + 2);
  return true;
}

/// True: there may be more to do with what has come.
bool HttpResponse::take_body() {
  std::string line;
  switch (part_) {
    case Part::chunk_size:
      if (!take_line(line)) return false;
      left_ = number(line.substr(0, line.find(';')), 16, "chunk's size");
      part_ = left_ == 0 ? Part::trailers : Part::chunk;
      return true;
    case Part::chunk_end:
      if (!take_line(line)) return false;
      if (!line.empty()) malformed("a chunk is longer than its size");
      part_ = Part::chunk_size;
      return true;
    case Part::trailers:
      if (!take_line(line)) return false;
      if (line.empty()) part_ = Part::done;
      return true;
    case Part::sized:
    case Part::chunk:
    case Part::until_close: {
      const bool bounded = part_ != Part::until_close;
      const std::size_t n = bounded ? std::min<std::uint64_t>(left_, waiting_.size()) : waiting_.size();
      if (n == 0) return false;
      body_(tls::as_bytes(std::string_view(waiting_).substr(0, n)));
      waiting_.erase(0, n);
      if (bounded) left_ -= n;
      if (bounded && left_ == 0) part_ = part_ == Part::sized ? Part::done : Part::chunk_end;
      return true;
    }
    case Part::head:
    case Part::done:
      return false;  // what follows a whole response is nobody's
  }
  return false;
}

}  // namespace sallyport::cli
