// HTTP/1.1 as far as a responder is asked with it (RFC 9110, RFC 9112): one request, one response, no I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ocsp_url.h"
#include "tls/bytes.h"
#include "tls/error.h"

namespace tls::ocsp {

inline constexpr std::size_t kMaxGetUrl = 255;       // octets of a URL up to which GET is used (RFC 5019 §5)
inline constexpr std::size_t kMaxHead = 16 << 10;    // octets of status line and fields, 1xx and trailers included
inline constexpr std::size_t kMaxAnswer = 64 << 10;  // octets of an OCSP response: what the stack reads of one
inline constexpr std::size_t kMaxChunkLine = 256;    // octets of a chunk's size and extensions

[[nodiscard]] std::string base64(Bytes bytes);

/// A GET request for `url`.
[[nodiscard]] std::string get_request(const Url& url);
/// A POST request with an OCSPRequest, as it is sent.
[[nodiscard]] std::string post_request(const Url& url, Bytes request);

struct HttpResponse {
  unsigned status = 0;
  std::string location, content_type;
  std::vector<std::uint8_t> body;  ///< of status 200; others are not read
};

/// Takes a response from pieces, as they come. What it says is bounded by the limits above; a length that is too large
/// is refused before a body comes. Errors have transport_failed and words; after one it must not be used any more.
class HttpReader {
 public:
  /// Takes the next octets; true: the response is complete, and what follows is passed over. Never reads more into
  /// memory than kMaxHead and kMaxAnswer.
  [[nodiscard]] Result<bool> take(Bytes piece);
  /// The transport has ended. Fails unless that is how the response ends.
  [[nodiscard]] Result<void> end();
  [[nodiscard]] const HttpResponse& response() const noexcept { return response_; }
  [[nodiscard]] HttpResponse& response() noexcept { return response_; }

 private:
  enum class Part : std::uint8_t { status_line, fields, body, chunk_size, chunk, chunk_end, trailers, until_end, done };

  /// Takes octets up to the end of a line into line_; true: it is whole, and without its end.
  Result<bool> take_line(Bytes& piece, std::size_t limit);
  Result<void> on_line();
  Result<void> on_status_line();
  Result<void> on_field();
  Result<void> on_head_end();
  Result<void> on_chunk_size();
  Result<void> take_body(Bytes& piece, bool bounded);

  HttpResponse response_;
  Part part_ = Part::status_line;
  std::string line_;
  std::size_t head_ = 0;  // octets of lines so far, chunks' not included
  std::size_t left_ = 0;  // of the body, or of the chunk
  bool has_length_ = false, chunked_ = false;
};

}  // namespace tls::ocsp
