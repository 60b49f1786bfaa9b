#include "handshake/session_notes.h"

#include <algorithm>

#include "crypto/der.h"
#include "pki/certificate.h"
#include "session/notes.h"

namespace tls::handshake {
namespace {

/// The value of the leaf's subjectAltName (RFC 5280 §4.1, §4.2.1.6); empty: it has none. The leaf has been verified.
Bytes subject_alt_names(Bytes tbs) {
  using namespace crypto;
  constexpr std::uint8_t kSubjectAltName[] = {0x55, 0x1D, 0x11};
  DerReader fields(DerReader(tbs).take(der::kSequence).value);
  std::optional<DerElement> extensions;
  while (fields.ok() && !fields.empty() && !extensions) {
    extensions = fields.take_if(der::context_constructed(3));
    if (!extensions) (void)fields.next();
  }
  if (!extensions) return {};
  DerReader list(DerReader(extensions->value).take(der::kSequence).value);
  while (list.ok() && !list.empty()) {
    DerReader extension(list.take(der::kSequence).value);
    const Bytes id = extension.take(der::kOid).value;
    (void)extension.take_if(der::kBoolean);
    const Bytes value = extension.take(der::kOctetString).value;
    if (extension.done() && std::ranges::equal(id, kSubjectAltName)) return value;
  }
  return {};
}

std::vector<std::uint8_t> owned(Bytes b) { return {b.begin(), b.end()}; }

/// Null: it would be too large, or there is nothing to be read.
std::shared_ptr<const CertificateSummary> summarise(Bytes der) {
  const auto leaf = pki::parse_certificate(der);
  if (!leaf) return nullptr;
  const Bytes names = subject_alt_names(leaf->tbs);
  if (leaf->subject.size() + names.size() + leaf->issuer.size() + leaf->serial.size() > limits::kMaxPeerSummary)
    return nullptr;
  return std::make_shared<const CertificateSummary>(
      CertificateSummary{.subject = owned(leaf->subject),
                         .subject_alt_names = owned(names),
                         .issuer = owned(leaf->issuer),
                         .serial = owned(leaf->serial),
                         .not_after = std::chrono::seconds(leaf->not_after)});
}

bool fits(const CertificateChain& chain) noexcept {
  std::size_t bytes = 0;
  for (const Bytes der : chain) bytes += der.size();
  return bytes <= limits::kMaxSessionChain;
}

/// As much of the client's certificates as `keeper` takes. False: of none there is enough.
bool note_client(Keeper keeper, const ConnectionInfo& info, const ServerSettings& s, SessionNotes& notes) {
  notes.identity = info.peer_identity;
  notes.summary = info.peer_summary;
  if (info.peer_identity == PeerIdentity::none || info.peer_identity == PeerIdentity::summary) return true;
  if (keeper == Keeper::server && fits(info.peer_certificates)) {
    notes.certificates = info.peer_certificates;
    return true;
  }
  const Bytes leaf = info.peer_certificates.front();
  if (leaf.size() <= s.ticket_certificate) {
    notes.identity = PeerIdentity::leaf;
    notes.certificates =
        info.peer_certificates.size() == 1 ? info.peer_certificates : CertificateChain(std::span(&leaf, 1));
    return true;
  }
  notes.identity = PeerIdentity::summary;
  notes.summary = summarise(leaf);
  return notes.summary != nullptr;
}

}  // namespace

Result<KeptNotes> make_notes(Keeper keeper, ClientProof proof, const ConnectionInfo& info,
                             Clock::Milliseconds not_after, const ServerSettings& s) {
  SessionNotes notes;
  notes.application_data = s.session_data && proof == ClientProof::shown ? s.session_data(info) : info.session_data;
  if (notes.application_data.size() > kMaxSessionData)
    return std::unexpected(Error(Code::misuse, "session_data() gave " + std::to_string(notes.application_data.size()) +
                                                   " bytes; a session holds at most " + std::to_string(kMaxSessionData))
                               .with_alert(Alert::internal_error));
  if (!note_client(keeper, info, s, notes)) return KeptNotes{nullptr, false};
  if (notes.identity != PeerIdentity::none) {
    std::ranges::copy(info.peer_certificate_sha256, notes.certificate_sha256.begin());
    notes.not_after = not_after;
  } else if (notes.application_data.empty()) {
    return KeptNotes{};
  }
  return KeptNotes{std::make_shared<const SessionNotes>(std::move(notes)), true};
}

void recall_client(const SessionNotes* notes, ConnectionInfo& info) {
  if (notes == nullptr) return;
  info.session_data = notes->application_data;
  info.peer_identity = notes->identity;
  if (notes->identity == PeerIdentity::none) return;
  info.peer_certificates = notes->certificates;
  info.peer_summary = notes->summary;
  info.peer_certificate_sha256.assign(notes->certificate_sha256.begin(), notes->certificate_sha256.end());
}

Review review_of(const SessionNotes* notes, const ServerSettings& s) {
  if (notes == nullptr || notes->identity == PeerIdentity::none) return Review::none;
  // What has been revoked since ends the session, by whatever way it comes.
  if (s.verifier && !s.verifier->may_resume({.peer_is_server = false,
                                             .certificates = notes->certificates,
                                             .summary = notes->summary,
                                             .now = s.clock->wall()}))
    return Review::impossible;
  if (!s.verify_resumed) return Review::none;
  return notes->identity == PeerIdentity::chain ? Review::ask : Review::impossible;
}

ChainToVerify chain_of_session(const SessionNotes& notes, const Clock& clock) {
  return {.peer_is_server = false,
          .server_name = {},
          .chain = notes.certificates,
          .ocsp_response = {},
          .staples = StaplePolicy::ignore,
          .now = clock.wall()};
}

}  // namespace tls::handshake
