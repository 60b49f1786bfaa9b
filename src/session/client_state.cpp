#include "session/client_state.h"

#include "base/exceptions.h"
#include "base/limits.h"
#include "base/reader.h"
#include "base/writer.h"

namespace tls {
namespace {

constexpr std::string_view kMagic = "sallyport session 2\n";

std::unexpected<Error> bad(std::string why) { return fail(Code::bad_session, std::move(why)); }

std::vector<std::uint8_t> owned(Bytes b) { return {b.begin(), b.end()}; }

}  // namespace

ProtocolVersion ClientSession::version() const noexcept { return state_->version; }
Clock::Milliseconds ClientSession::expires() const noexcept { return state_->expires(); }
std::uint32_t ClientSession::max_early_data() const noexcept { return state_->max_early_data; }

std::vector<std::uint8_t> ClientSession::serialize() const {
  const session::ClientState& s = *state_;
  std::vector<std::uint8_t> out;
  std::size_t most = 256 + s.ticket.size() + s.ocsp_response.size() + s.signed_certificate_timestamps.size();
  for (const Bytes der : s.peer_certificates) most += 3 + der.size();
  out.reserve(most);  // one piece: a vector that grows leaves the secret behind in the memory that it gave up
  Writer w(out);
  w.bytes(as_bytes(kMagic));
  w.u16(static_cast<std::uint16_t>(s.version));
  w.u16(static_cast<std::uint16_t>(s.suite));
  w.u8(s.extended_main_secret);
  w.vector8(s.secret.expose());
  w.u64(static_cast<std::uint64_t>(s.received.count()));
  w.u32(static_cast<std::uint64_t>(s.lifetime.count()));
  w.u64(static_cast<std::uint64_t>(s.authenticated.count()));
  w.u64(static_cast<std::uint64_t>(s.not_after.count()));
  w.vector8(s.session_id);
  w.vector16(s.ticket);
  w.u32(s.age_add);
  w.u32(s.max_early_data);
  w.vector8(as_bytes(s.alpn));
  w.u8(s.peer_certificates.size());
  for (const Bytes der : s.peer_certificates) w.vector24(der);
  w.vector8(s.peer_certificate_sha256);
  w.vector24(s.ocsp_response);
  w.vector16(s.signed_certificate_timestamps);
  return out;
}

Result<ClientSession> ClientSession::parse(Bytes serialized) {
  return without_exceptions("reading a session", [&]() -> Result<ClientSession> {
    Reader in(serialized);
    auto state = std::make_shared<session::ClientState>();
    session::ClientState& s = *state;
    if (as_text(in.take(kMagic.size())) != kMagic) return bad("it does not begin with the name of its format");
    s.version = static_cast<ProtocolVersion>(in.u16());
    if (in.ok() && s.version != ProtocolVersion::tls12 && s.version != ProtocolVersion::tls13)
      return bad("it is of an unknown version");
    s.suite = static_cast<CipherSuite>(in.u16());
    const std::uint8_t extended = in.u8();
    if (extended > 1) return bad("a flag is neither 0 nor 1");
    s.extended_main_secret = extended == 1;
    s.secret = session::ResumptionKey(in.vector8(32, session::ResumptionKey::kMax));
    s.received = Clock::Milliseconds(static_cast<std::int64_t>(in.u64()));
    s.lifetime = std::chrono::seconds(in.u32());
    if (s.lifetime > limits::kMaxSessionLifetime) return bad("its lifetime is longer than seven days");
    s.authenticated = Clock::Milliseconds(static_cast<std::int64_t>(in.u64()));
    s.not_after = Clock::Milliseconds(static_cast<std::int64_t>(in.u64()));
    s.session_id = owned(in.vector8(0, 32));
    s.ticket = owned(in.vector16());
    s.age_add = in.u32();
    s.max_early_data = in.u32();
    s.alpn = as_text(in.vector8());
    std::vector<Bytes> certificates;
    for (std::size_t n = in.u8(); in.ok() && n > 0; --n) certificates.push_back(in.vector24(1));
    if (certificates.size() > limits::kMaxCertificates) return bad("it holds too many certificates");
    s.peer_certificates = CertificateChain(certificates);
    s.peer_certificate_sha256 = owned(in.vector8(0, 32));
    s.ocsp_response = owned(in.vector24());
    s.signed_certificate_timestamps = owned(in.vector16());
    if (!in.done()) return bad("a length does not fit");
    const std::size_t hash = s.peer_certificate_sha256.size();
    if (hash != (s.peer_certificates.empty() ? 0 : 32)) return bad("the hash of the certificate is none");
    constexpr std::int64_t kLatest = std::int64_t{1} << 52;  // ms: far behind every date, far below what overflows
    for (const std::int64_t time : {s.received.count(), s.authenticated.count()})
      if (time < 0 || time > kLatest) return bad("its times are none");
    if (s.not_after < Clock::Milliseconds(0)) return bad("its times are none");
    if (s.version == ProtocolVersion::tls13 && s.ticket.empty()) return bad("it has no ticket");
    if (s.ticket.empty() && s.session_id.empty()) return bad("it has neither a ticket nor a session ID");
    return ClientSession(std::move(state));
  });
}

}  // namespace tls
