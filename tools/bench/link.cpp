#include "bench/link.h"

#include <deque>
#include <stdexcept>

namespace sallyport::bench {
namespace {

/// One end of the link.
struct End {
  tls::Connection& connection;
  bool is_client;
  std::vector<std::uint8_t> in = {};
  double data_ms = -1;  ///< when the first data came
};

struct Parcel {
  double arrives;
  bool to_client;
  std::vector<std::uint8_t> bytes;
};

/// Steps through all that has come. True where data came.
bool read(End& end, tls::Output& out) {
  bool data = false;
  std::size_t at = 0;
  while (true) {
    tls::Step step = end.connection.step(tls::MutableBytes(end.in).subspan(at), out);
    at += step.consumed;
    if (const auto* failed = std::get_if<tls::Failed>(&step.event)) throw std::runtime_error(failed->error.message());
    if (std::holds_alternative<tls::Await>(step.event)) throw std::runtime_error("nothing here answers later");
    data |= std::holds_alternative<tls::AppData>(step.event) || std::holds_alternative<tls::EarlyData>(step.event);
    if (std::holds_alternative<tls::NeedInput>(step.event)) break;
  }
  end.in.erase(end.in.begin(), end.in.begin() + static_cast<std::ptrdiff_t>(at));
  return data;
}

class Link {
 public:
  Link(const Setup& setup, double rtt_ms)
      : delay_(rtt_ms / 2),
        client_(start(setup)),
        server_(tls::ServerConnection::start(*setup.server)),
        near_{client_, true},
        far_{server_, false} {
    speak(near_);
  }

  Arrival run() {
    // To the end: tickets may come behind the first data, and the next connection wants them.
    for (int parcels = 0; near_.data_ms < 0 || !under_way_.empty(); ++parcels) {
      if (under_way_.empty() || parcels > 32) throw std::runtime_error("the connection does not come to data");
      Parcel parcel = std::move(under_way_.front());
      under_way_.pop_front();
      now_ = parcel.arrives;
      End& end = parcel.to_client ? near_ : far_;
      end.in.insert(end.in.end(), parcel.bytes.begin(), parcel.bytes.end());
      if (read(end, out_) && end.data_ms < 0) end.data_ms = now_;
      speak(end);
    }
    return {far_.data_ms, near_.data_ms, client_.info().resumed};
  }

 private:
  tls::ClientConnection start(const Setup& setup) {
    auto connection = tls::ClientConnection::start(*setup.client, "localhost", out_);
    if (!connection) throw std::runtime_error(connection.error().message());
    return std::move(*connection);
  }

  /// The request, or the answer to it, once it may go; then all that was written leaves in one piece.
  void speak(End& end) {
    bool& spoke = end.is_client ? asked_ : answered_;
    if (end.is_client && !spoke && client_.early_data_left() != 0) {
      spoke = true;
      if (auto sent = client_.send_early(tls::as_bytes("x"), out_); !sent)
        throw std::runtime_error(sent.error().message());
    }
    if (!spoke && end.connection.may_send() && (end.is_client || end.data_ms >= 0)) {
      spoke = true;
      if (auto sent = end.connection.send(tls::as_bytes("x"), out_); !sent)
        throw std::runtime_error(sent.error().message());
    }
    if (out_.empty()) return;
    const tls::Bytes bytes = out_.bytes();
    under_way_.push_back({now_ + delay_, !end.is_client, {bytes.begin(), bytes.end()}});
    out_.consume(bytes.size());
  }

  const double delay_;
  double now_ = 0;
  tls::Output out_;
  tls::ClientConnection client_;
  tls::ServerConnection server_;
  End near_, far_;
  bool asked_ = false, answered_ = false;
  std::deque<Parcel> under_way_;  // in the order of their arrival: the link is as long for all
};

}  // namespace

Arrival over_link(const Setup& setup, double rtt_ms) { return Link(setup, rtt_ms).run(); }

}  // namespace sallyport::bench
