#include "cli/serve/service.h"

#include <algorithm>

#include "cli/serve/visit.h"

namespace sallyport::cli {

tls::Result<void> Service::more(Visit&, tls::MutableBytes) { return {}; }

tls::Result<void> Echo::early(Visit&, tls::Bytes data) {
  early_.insert(early_.end(), data.begin(), data.end());  // at most --early-data BYTES
  return {};
}

tls::Result<void> Echo::ready(Visit& visit) {
  const std::vector<std::uint8_t> first = std::move(early_);
  early_ = {};
  return first.empty() ? tls::Result<void>{} : visit.write(first);
}

tls::Result<void> Echo::data(Visit& visit, tls::Bytes data) { return visit.write(data); }

tls::Result<void> Sender::early(Visit&, tls::Bytes) { return {}; }

tls::Result<void> Sender::ready(Visit& visit) {
  started_ = true;
  return left_ == 0 ? visit.close() : tls::Result<void>{};
}

tls::Result<void> Sender::data(Visit&, tls::Bytes) { return {}; }

tls::Result<void> Sender::more(Visit& visit, tls::MutableBytes piece) {
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, piece.size()));
  std::fill_n(piece.begin(), n, std::uint8_t{'x'});
  if (auto sent = visit.write(piece.first(n)); !sent) return sent;
  left_ -= n;
  return left_ == 0 ? visit.close() : tls::Result<void>{};
}

}  // namespace sallyport::cli
