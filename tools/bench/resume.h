// The ways in which a connection begins, as configurations: what `bench resume`, `bench rtt` and the tests compare.
#pragma once

#include <string>
#include <vector>

#include "bench/pair.h"

namespace sallyport::bench {

/// One way. The second and later connections of a Setup that was adjusted go this way.
struct Way {
  std::string name;  ///< as in the JSON of the benchmarks
  tls::CipherSuite suite;
  tls::Resumption resumed;
  Adjust adjust;
  bool early_data = false;  ///< all of them accept it
};

/// Full handshakes: TLS 1.2, the same with False Start, TLS 1.3.
[[nodiscard]] std::vector<Way> full_ways();
/// Resumed ones: TLS 1.2 by session ID and by ticket; TLS 1.3 by PSK and key exchange, without new tickets, with two,
/// and with early data.
[[nodiscard]] std::vector<Way> resumed_ways();

}  // namespace sallyport::bench
