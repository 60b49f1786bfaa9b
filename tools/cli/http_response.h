// An HTTP/1.1 response as a client takes it apart (RFC 9112).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "tls/bytes.h"

namespace sallyport::cli {

/// Takes the pieces of one response as they come. A response that is malformed is Failure(kIo).
class HttpResponse {
 public:
  /// `body` is given the body's bytes, without what frames them.
  explicit HttpResponse(std::function<void(tls::Bytes)> body) : body_(std::move(body)) {}

  void feed(tls::Bytes data);
  /// Nothing more comes. Failure(kIo) unless the response is whole.
  void end();

  /// 200, 404 ...; 0 until the head has come.
  [[nodiscard]] int status() const noexcept { return status_; }
  /// "404 Not Found", as the server says it, without what does not print.
  [[nodiscard]] const std::string& status_line() const noexcept { return status_line_; }
  /// Whether the last byte has come; a body that ends with the connection (RFC 9112 §6.3) needs end().
  [[nodiscard]] bool done() const noexcept { return part_ == Part::done; }

 private:
  enum class Part : std::uint8_t { head, sized, until_close, chunk_size, chunk, chunk_end, trailers, done };

  bool take_head();
  void begin_body(const std::string& fields);
  bool take_body();
  bool take_line(std::string& line);

  std::function<void(tls::Bytes)> body_;
  std::string waiting_;  // what came and was not used up
  Part part_ = Part::head;
  std::uint64_t left_ = 0;  // bytes of the body, or of its chunk
  int status_ = 0;
  std::string status_line_;
};

}  // namespace sallyport::cli
