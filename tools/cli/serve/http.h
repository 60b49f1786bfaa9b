// As much HTTP/1.1 as a server for trying things out needs: GET and HEAD, with keep-alive.
#pragma once

#include <string>

#include "cli/serve/folder.h"
#include "cli/serve/service.h"

namespace sallyport::cli {

/// What a request is answered with.
struct Response {
  std::string status = "200 OK", type = "text/html; charset=utf-8", body;
  std::string fields = {};  ///< further ones, each with its line's end
  bool last = false;        ///< it ends the connection
};

/// Requests in early data: GET and HEAD, which do no harm when they are repeated, are answered at once, others with
/// 425 Too Early (RFC 8470 §5.2).
class Http final : public Service {
 public:
  /// `folder`: static files of it; null: the pages /, /json and /reconnect. It must outlive this.
  explicit Http(const Folder* folder) noexcept : folder_(folder) {}

  tls::Result<void> early(Visit& visit, tls::Bytes data) override;
  tls::Result<void> ready(Visit& visit) override;
  tls::Result<void> data(Visit& visit, tls::Bytes data) override;
  [[nodiscard]] bool busy() const noexcept override { return left_ != 0 || backlog_; }
  tls::Result<void> more(Visit& visit, tls::MutableBytes piece) override;
  [[nodiscard]] bool at_rest() const noexcept override { return waiting_.empty() && !busy(); }

 private:
  struct Request;
  static Request parse(const std::string& head);
  tls::Result<void> answer_waiting(Visit& visit, bool early);
  tls::Result<void> answer(Visit& visit, const Request& request, bool early);
  tls::Result<void> answer_with_file(Visit& visit, const Request& request);
  tls::Result<void> send(Visit& visit, const Request& request, const Response& response);

  const Folder* folder_;
  std::string waiting_;     // what came of requests that are not answered
  OpenFile file_;           // whose contents are under way
  std::uint64_t left_ = 0;  // bytes of them
  bool backlog_ = false;    // requests wait for room, not for bytes
  bool closing_ = false;    // no request is taken any more
};

}  // namespace sallyport::cli
