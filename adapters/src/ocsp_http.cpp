#include "ocsp_http.h"

#include <algorithm>
#include <charconv>

namespace tls::ocsp {
namespace {

std::unexpected<Error> refuse(const std::string& why) {
  return fail(Code::transport_failed, "the responder's HTTP answer " + why);
}

std::unexpected<Error> too_large(std::size_t limit) {
  return refuse("is too large: more than " + std::to_string(limit) + " octets");
}

bool same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string base64(Bytes bytes) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? bytes[i + k] : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += k <= count ? kLetters[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

std::string get_request(const Url& url) {
  return "GET " + url.target + " HTTP/1.1\r\nHost: " + url.authority() +
         "\r\nAccept: application/ocsp-response\r\nConnection: close\r\n\r\n";
}

std::string post_request(const Url& url, Bytes request) {
  return "POST " + url.target + " HTTP/1.1\r\nHost: " + url.authority() +
         "\r\nContent-Type: application/ocsp-request\r\nContent-Length: " + std::to_string(request.size()) +
         "\r\nAccept: application/ocsp-response\r\nConnection: close\r\n\r\n" + std::string(as_text(request));
}

Result<bool> HttpReader::take_line(Bytes& piece, std::size_t limit) {
  const auto end = std::ranges::find(piece, std::uint8_t{'\n'});
  const bool whole = end != piece.end();
  const Bytes part = piece.first(static_cast<std::size_t>(end - piece.begin()));
  if (part.size() > limit - std::min(limit, line_.size())) return refuse("has a head that is too large");
  line_ += as_text(part);
  piece = piece.subspan(part.size() + (whole ? 1 : 0));
  if (!whole) return false;
  if (line_.ends_with('\r')) line_.pop_back();
  // RFC 9110 §5.5, RFC 9112 §2.2: a bare CR and NUL stand nowhere.
  if (line_.find_first_of(std::string_view("\r\0", 2)) != std::string::npos) return refuse("has a line with CR or NUL");
  return true;
}

Result<bool> HttpReader::take(Bytes piece) {
  while (!piece.empty() && part_ != Part::done) {
    if (part_ == Part::body || part_ == Part::chunk || part_ == Part::until_end) {
      if (auto taken = take_body(piece, part_ != Part::until_end); !taken)
        return std::unexpected(std::move(taken).error());
      continue;
    }
    const bool of_chunk = part_ == Part::chunk_size || part_ == Part::chunk_end;
    const auto whole = take_line(piece, of_chunk ? kMaxChunkLine : kMaxHead - head_);
    if (!whole) return std::unexpected(whole.error());
    if (!*whole) break;
    if (!of_chunk) {
      if (line_.size() + 2 > kMaxHead - head_) return refuse("has a head that is too large");
      head_ += line_.size() + 2;  // an end of a line counts for two, however it is written
    }
    if (auto done = on_line(); !done) return std::unexpected(std::move(done).error());
    line_.clear();
  }
  return part_ == Part::done;
}

Result<void> HttpReader::on_line() {
  switch (part_) {
    case Part::status_line:
      return on_status_line();
    case Part::fields:
      return line_.empty() ? on_head_end() : on_field();
    case Part::chunk_size:
      return on_chunk_size();
    case Part::chunk_end:
      if (!line_.empty()) return refuse("has a chunk of another length than it says");
      part_ = Part::chunk_size;
      return {};
    default:  // trailers: nobody asks what they say
      if (line_.empty()) part_ = Part::done;
      return {};
  }
}

/// RFC 9112 §4: "HTTP/1.1 200 OK".
Result<void> HttpReader::on_status_line() {
  const std::string_view line = line_;
  const bool sound = line.size() >= 12 && line.starts_with("HTTP/1.") && is_digit(line[7]) && line[8] == ' ' &&
                     std::ranges::all_of(line.substr(9, 3), is_digit) && (line.size() == 12 || line[12] == ' ');
  if (!sound) return refuse("is none: it does not begin with a status line");
  std::from_chars(line.data() + 9, line.data() + 12, response_.status);
  if (response_.status < 100) return refuse("has a status that is none");
  part_ = Part::fields;
  return {};
}

Result<void> HttpReader::on_field() {
  const std::string_view line = line_;
  const std::size_t colon = line.find(':');
  // RFC 9112 §5: no space before the colon, and no folded lines.
  if (colon == line.npos || colon == 0 || line.substr(0, colon).find_first_of(" \t") != line.npos)
    return refuse("has a field that is none");
  const std::string_view name = line.substr(0, colon), value = trim(line.substr(colon + 1));
  if (same_word(name, "Location")) response_.location = value;
  if (same_word(name, "Content-Type")) response_.content_type = value;
  if (same_word(name, "Content-Encoding") && !same_word(value, "identity"))
    return refuse("is compressed, which was not asked for");
  if (same_word(name, "Transfer-Encoding")) {
    if (chunked_ || !same_word(value, "chunked")) return refuse("has a Transfer-Encoding other than chunked");
    chunked_ = true;
  }
  if (same_word(name, "Content-Length")) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    const bool number = !value.empty() && std::ranges::all_of(value, is_digit);
    if (number && error == std::errc::result_out_of_range) return too_large(kMaxAnswer);
    if (!number || error != std::errc{} || end != value.data() + value.size() || (has_length_ && length != left_))
      return refuse("has a Content-Length that is none");
    has_length_ = true;
    left_ = length;
  }
  return {};
}

Result<void> HttpReader::on_head_end() {
  // RFC 9112 §6.3: both would be a way to mean two things.
  if (chunked_ && has_length_) return refuse("has both a Content-Length and a Transfer-Encoding");
  if (response_.status < 200) {  // RFC 9110 §15.2: the final response follows
    if (response_.status == 101) return refuse("changes to another protocol");
    const std::size_t head = head_;
    *this = HttpReader();
    head_ = head;
    return {};
  }
  if (response_.status != 200) {
    part_ = Part::done;
    return {};
  }
  if (has_length_ && left_ > kMaxAnswer) return too_large(kMaxAnswer);
  if (chunked_)
    part_ = Part::chunk_size;
  else if (!has_length_)
    part_ = Part::until_end;
  else
    part_ = left_ == 0 ? Part::done : Part::body;
  return {};
}

/// RFC 9112 §7.1.
Result<void> HttpReader::on_chunk_size() {
  const std::string_view size = trim(std::string_view(line_).substr(0, line_.find(';')));
  left_ = 0;
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), left_, 16);
  if (error == std::errc::result_out_of_range) return too_large(kMaxAnswer);
  if (size.starts_with('-') || error != std::errc{} || end != size.data() + size.size())
    return refuse("has a chunk without a size");
  if (left_ > kMaxAnswer - response_.body.size()) return too_large(kMaxAnswer);
  part_ = left_ == 0 ? Part::trailers : Part::chunk;
  return {};
}

Result<void> HttpReader::take_body(Bytes& piece, bool bounded) {
  const Bytes part = bounded ? piece.first(std::min(left_, piece.size())) : piece;
  if (part.size() > kMaxAnswer - response_.body.size()) return too_large(kMaxAnswer);
  response_.body.insert(response_.body.end(), part.begin(), part.end());
  piece = piece.subspan(part.size());
  if (!bounded) return {};
  left_ -= part.size();
  if (left_ == 0) part_ = part_ == Part::body ? Part::done : Part::chunk_end;
  return {};
}

Result<void> HttpReader::end() {
  if (part_ == Part::until_end) part_ = Part::done;
  if (part_ == Part::done) return {};
  return refuse(head_ == 0 && line_.empty() ? "has not come: the responder closed the connection"
                                            : "is cut off: the responder closed the connection too early");
}

}  // namespace tls::ocsp
