#include "session/ticket_key.h"

#include <algorithm>

#include "base/limits.h"
#include "base/reader.h"
#include "crypto/hkdf.h"
#include "session/packer.h"
#include "tls/secret_bytes.h"

namespace tls::session {
namespace {

constexpr std::array<std::uint8_t, crypto::kAeadNonce> kNonce{};  // one ticket per key

struct TicketAeadRole;
using TicketAead = Secret<TicketAeadRole, crypto::kMaxAeadKey>;

/// An AEAD key for one ticket, on the stack: AeadKey would allocate.
class OneTicket {
 public:
  OneTicket(const crypto::AeadImpl& impl, const crypto::HmacKey& seal, Bytes salt) noexcept : impl_(impl) {
    const crypto::Digest key = seal.mac(salt);
    impl_.init(state_, key.bytes().data());
  }
  ~OneTicket() { impl_.wipe(state_); }
  OneTicket(const OneTicket&) = delete;
  OneTicket& operator=(const OneTicket&) = delete;
  void seal(Bytes aad, Bytes in, Bytes extra, std::uint8_t* out) noexcept {
    impl_.seal(state_, kNonce.data(), aad, in, extra, out);
  }
  bool open(Bytes aad, Bytes in, std::uint8_t* out) noexcept { return impl_.open(state_, kNonce.data(), aad, in, out); }

 private:
  const crypto::AeadImpl& impl_;
  alignas(64) std::uint8_t state_[crypto::kMaxAeadState];
};

/// The notes as a ticket holds them; nothing where there are none.
std::vector<std::uint8_t> padded_notes(const SessionNotes* notes) {
  if (notes == nullptr) return {};
  const std::size_t size = notes_size(*notes);
  std::vector<std::uint8_t> out((kNotesLength + size + kTicketStep - 1) / kTicketStep * kTicketStep);
  Packer(out).number(size, kNotesLength);
  write_notes(*notes, MutableBytes(out).subspan(kNotesLength, size));
  return out;
}

/// What was sealed, of which the key says that it is ours.
std::optional<SessionState> opened_state(Bytes plain) {
  Reader in(plain);
  const std::size_t size = in.u8();
  if (size > SessionState::kMax) return std::nullopt;
  const Bytes secret = in.take(SessionState::kMax).first(size);
  if (in.empty()) return SessionState(secret);
  SessionNotesPtr notes = parse_notes(in.vector16());
  if (!notes) return std::nullopt;
  return SessionState(secret, std::move(notes));
}

/// HKDF over a key of any length: the extraction, and the two secrets that come of it.
crypto::HmacKey extracted(const TicketCrypto& crypto, Bytes key) noexcept {
  const crypto::Digest prk = crypto::hkdf_extract(*crypto.sha256, as_bytes("sallyport ticket key 1"), key);
  return {*crypto.sha256, prk.bytes()};
}

crypto::HmacKey expanded_key(const TicketCrypto& crypto, const crypto::HmacKey& prk) noexcept {
  TicketAead key;
  crypto::hkdf_expand(prk, as_bytes("seal"), key.fill(32));
  return {*crypto.sha256, key.expose()};
}

}  // namespace

TicketCrypto TicketCrypto::best() {
  const crypto::Cpu cpu = crypto::detect_cpu();
  return {&crypto::select_hash(crypto::HashId::sha256, cpu), &crypto::select_aead(crypto::AeadId::aes_256_gcm, cpu)};
}

Result<void> check_ticket_secret(Bytes secret, std::string_view what) {
  if (secret.size() < limits::kMinTicketSecret || secret.size() > limits::kMaxTicketSecret)
    return fail(Code::bad_config, std::string(what) + " has " + std::to_string(secret.size()) + " bytes; it takes " +
                                      std::to_string(limits::kMinTicketSecret) + " to " +
                                      std::to_string(limits::kMaxTicketSecret) + " random ones");
  // In constant time, as far as secrets that are accepted go.
  std::uint8_t difference = 0;
  for (const std::uint8_t b : secret) difference = static_cast<std::uint8_t>(difference | (b ^ secret.front()));
  if (difference == 0)
    return fail(Code::bad_config, std::string(what) + " is one byte over and over: whoever made it left it empty");
  return {};
}

TicketKey::TicketKey(const TicketCrypto& crypto, Bytes key) noexcept
    : seal_(expanded_key(crypto, extracted(crypto, key))) {
  crypto::hkdf_expand(extracted(crypto, key), as_bytes("name"), name_);
}

std::vector<std::uint8_t> TicketKey::seal(const TicketCrypto& crypto, const SessionState& state, Random& random) const {
  struct PlainRole;
  Secret<PlainRole, kTicketPlain> plain;
  const MutableBytes p = plain.fill(kTicketPlain);
  p[0] = static_cast<std::uint8_t>(state.size());
  std::ranges::copy(state.expose(), p.begin() + 1);  // zeros behind it
  const std::vector<std::uint8_t> notes = padded_notes(state.notes().get());

  std::vector<std::uint8_t> ticket(kTicket + notes.size());
  const MutableBytes head = MutableBytes(ticket).first(kTicketName + kTicketSalt);
  std::ranges::copy(name_, head.begin());
  random.fill(head.subspan(kTicketName));
  OneTicket(*crypto.aes_256_gcm, seal_, head.subspan(kTicketName)).seal(head, p, notes, ticket.data() + head.size());
  return ticket;
}

std::optional<SessionState> TicketKey::open(const TicketCrypto& crypto, Bytes ticket) const {
  if (!is_ticket_size(ticket.size()) || !std::ranges::equal(ticket.first(kTicketName), name_)) return std::nullopt;
  const Bytes head = ticket.first(kTicketName + kTicketSalt);
  struct PlainRole;
  Secret<PlainRole, kTicketPlain> whole;  // where it is all, as of sessions without notes
  SecretBytes longer;
  const MutableBytes p =
      ticket.size() == kTicket ? whole.fill(kTicketPlain) : longer.extend(ticket.size() - (kTicket - kTicketPlain));
  std::optional<SessionState> state;
  if (OneTicket(*crypto.aes_256_gcm, seal_, head.subspan(kTicketName))
          .open(head, ticket.subspan(head.size()), p.data()))
    state = opened_state(p);
  return state;
}

}  // namespace tls::session
