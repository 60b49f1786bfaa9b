#include "session/notes.h"

#include "base/exceptions.h"
#include "base/reader.h"
#include "session/packer.h"

namespace tls {
namespace session {
namespace {

constexpr std::uint8_t kFormat = 1;  // of what follows

std::size_t der_size(const CertificateChain& chain) noexcept {
  std::size_t bytes = 0;
  for (const Bytes der : chain) bytes += der.size();
  return bytes;
}

std::size_t summary_size(const CertificateSummary& s) noexcept {
  return s.subject.size() + s.subject_alt_names.size() + s.issuer.size() + s.serial.size();
}

std::vector<std::uint8_t> owned(Bytes b) { return {b.begin(), b.end()}; }

std::uint64_t count(Clock::Milliseconds t) noexcept { return static_cast<std::uint64_t>(t.count()); }
Clock::Milliseconds time(std::uint64_t v) noexcept { return Clock::Milliseconds(static_cast<std::int64_t>(v)); }

}  // namespace

bool well_formed(const SessionNotes& n) noexcept {
  if (n.application_data.size() > kMaxSessionData) return false;
  if ((n.identity == PeerIdentity::summary) != (n.summary != nullptr)) return false;
  if (n.summary && (summary_size(*n.summary) > limits::kMaxPeerSummary || n.summary->serial.size() > 0xFF))
    return false;
  for (const Bytes der : n.certificates)
    if (der.empty()) return false;
  switch (n.identity) {
    case PeerIdentity::chain:
      return n.certificates.size() >= 1 && n.certificates.size() <= limits::kMaxCertificates &&
             der_size(n.certificates) <= limits::kMaxSessionChain;
    case PeerIdentity::leaf:
      return n.certificates.size() == 1 && der_size(n.certificates) <= limits::kMaxTicketLeaf;
    case PeerIdentity::summary:
      return n.certificates.empty();
    case PeerIdentity::none:
      return n.certificates.empty() && !n.application_data.empty();  // else there is nothing to note
  }
  return false;
}

std::size_t notes_size(const SessionNotes& n) noexcept {
  std::size_t size = 1 + 1 + 2 + n.application_data.size();
  if (n.identity == PeerIdentity::none) return size;
  size += n.certificate_sha256.size() + 8 + 1 + 3 * n.certificates.size() + der_size(n.certificates);
  if (n.summary) size += 2 + 2 + 2 + 1 + 8 + summary_size(*n.summary);
  return size;
}

void write_notes(const SessionNotes& n, MutableBytes out) noexcept {
  Packer p(out);
  p.number(kFormat, 1);
  p.number(static_cast<std::uint8_t>(n.identity), 1);
  p.vector(n.application_data, 2);
  if (n.identity == PeerIdentity::none) return;
  p.bytes(n.certificate_sha256);
  p.number(count(n.not_after), 8);
  p.number(n.certificates.size(), 1);
  for (const Bytes der : n.certificates) p.vector(der, 3);
  if (!n.summary) return;
  p.vector(n.summary->subject, 2);
  p.vector(n.summary->subject_alt_names, 2);
  p.vector(n.summary->issuer, 2);
  p.vector(n.summary->serial, 1);
  p.number(count(n.summary->not_after), 8);
}

SessionNotesPtr parse_notes(Bytes bytes) {
  Reader in(bytes);
  auto n = std::make_shared<SessionNotes>();
  if (in.u8() != kFormat) return nullptr;
  const std::uint8_t identity = in.u8();
  if (identity > static_cast<std::uint8_t>(PeerIdentity::summary)) return nullptr;
  n->identity = static_cast<PeerIdentity>(identity);
  n->application_data = owned(in.vector16(0, kMaxSessionData));
  if (n->identity != PeerIdentity::none) {
    const Bytes hash = in.take(n->certificate_sha256.size());
    std::ranges::copy(hash, n->certificate_sha256.begin());
    n->not_after = time(in.u64());
    std::vector<Bytes> certificates;
    for (std::size_t left = in.u8(); in.ok() && left > 0; --left) certificates.push_back(in.vector24(1));
    if (!in.ok()) return nullptr;
    n->certificates = CertificateChain(certificates);
  }
  if (n->identity == PeerIdentity::summary) {
    auto s = std::make_shared<CertificateSummary>();
    s->subject = owned(in.vector16(0, limits::kMaxPeerSummary));
    s->subject_alt_names = owned(in.vector16(0, limits::kMaxPeerSummary));
    s->issuer = owned(in.vector16(0, limits::kMaxPeerSummary));
    s->serial = owned(in.vector8());
    s->not_after = time(in.u64());
    n->summary = std::move(s);
  }
  if (!in.done() || !well_formed(*n)) return nullptr;
  return n;
}

std::size_t memory_of(const SessionNotes& n) noexcept {
  constexpr std::size_t kBlock = 32;  // what an allocation costs besides, and a shared one's counters
  std::size_t memory = kBlock + sizeof n + n.application_data.capacity();
  if (!n.certificates.empty()) memory += kBlock + 4 * (1 + n.certificates.size()) + der_size(n.certificates);
  if (n.summary) memory += 5 * kBlock + sizeof *n.summary + summary_size(*n.summary);
  return memory;
}

}  // namespace session

namespace {
constexpr std::string_view kMagic = "sallyport state 1\n";
std::unexpected<Error> bad(std::string why) { return fail(Code::bad_session, std::move(why)); }
}  // namespace

std::vector<std::uint8_t> SessionState::serialize() const {
  const Bytes secret = secret_.expose();
  const std::size_t head = kMagic.size() + 1 + secret.size();
  std::vector<std::uint8_t> out(head +
                                (notes_ ? session::notes_size(*notes_) : 0));  // one piece, all of it to be wiped
  session::Packer p(out);
  p.bytes(as_bytes(kMagic));
  p.vector(secret, 1);
  if (notes_) session::write_notes(*notes_, MutableBytes(out).subspan(head));
  return out;
}

Result<SessionState> SessionState::parse(Bytes serialized) {
  return without_exceptions("reading a session", [&]() -> Result<SessionState> {
    Reader in(serialized);
    if (as_text(in.take(kMagic.size())) != kMagic) return bad("it does not begin with the name of its format");
    const Bytes secret = in.vector8(0, kMax);
    if (!in.ok()) return bad("a length does not fit");
    if (in.empty()) return SessionState(secret);
    auto notes = session::parse_notes(in.rest());
    if (!notes) return bad("its notes are none");
    return SessionState(secret, std::move(notes));
  });
}

}  // namespace tls
