// A link with a length and nothing else: two connections, and a clock that only moves when bytes arrive.
#pragma once

#include "bench/pair.h"

namespace sallyport::bench {

/// When the first byte of data was there, in milliseconds after the client's first flight left. The time that the two
/// sides compute is not counted, nor is what the transport takes to connect.
struct Arrival {
  double request_ms = 0;   ///< the client's, at the server
  double response_ms = 0;  ///< the server's answer, at the client
  tls::Resumption resumed = tls::Resumption::none;
};

/// One connection: the client sends a request as soon as it may, the server answers it at once. Throws
/// std::runtime_error when it fails.
[[nodiscard]] Arrival over_link(const Setup& setup, double rtt_ms);

}  // namespace sallyport::bench
