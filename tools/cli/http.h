// As much HTTP/1.1 as a server for trying things out needs.
#pragma once

#include <string>

#include "cli/channel.h"

namespace sallyport::cli {

/// Serves one connection. `root`: folder of static files; empty: the pages / and /json.
class HttpServer {
 public:
  HttpServer(Channel& channel, const std::string& root) : channel_(channel), root_(root) {}
  /// Requests in early data: GET and HEAD, which do no harm when they are repeated, are answered at once, others with
  /// 425 Too Early (RFC 8470 §5.2).
  tls::Result<void> take_early(tls::Bytes data);
  /// Serves requests until the peer closes or asks for it. The handshake is over.
  tls::Result<void> run();

 private:
  tls::Result<void> answer_waiting(bool early);

  Channel& channel_;
  const std::string& root_;
  std::string waiting_;
  bool closing_ = false;  // no request is taken any more
};

}  // namespace sallyport::cli
