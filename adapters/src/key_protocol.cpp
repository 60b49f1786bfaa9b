#include "key_protocol.h"

#include <algorithm>
#include <array>

namespace tls::keys {
namespace {

constexpr std::size_t kRandom = 32;                // bytes of each hello's random
constexpr std::size_t kSha256 = 32, kSha384 = 48;  // of the suites of TLS 1.3
constexpr std::uint8_t kServerRole = 0, kClientRole = 1;

std::unexpected<Error> malformed(const char* what) { return fail(Code::decode_error, what); }

/// Reads numbers and lengths; after the first that is not there all are zero, and done() is false.
class Cursor {
 public:
  explicit Cursor(Bytes in) noexcept : in_(in) {}
  [[nodiscard]] std::uint32_t number(std::size_t bytes) noexcept {
    std::uint32_t value = 0;
    for (const std::uint8_t b : take(bytes)) value = value << 8 | b;
    return value;
  }
  [[nodiscard]] Bytes take(std::size_t n) noexcept {
    if (n > in_.size()) {
      ok_ = false;
      in_ = {};
      return {};
    }
    const Bytes taken = in_.first(n);
    in_ = in_.subspan(n);
    return taken;
  }
  /// A length of so many bytes, and what it is the length of: at least one byte.
  [[nodiscard]] Bytes vector(std::size_t length_bytes, std::size_t most) noexcept {
    const std::size_t n = number(length_bytes);
    if (n == 0 || n > most) ok_ = false;
    return take(ok_ ? n : 0);
  }
  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] bool empty() const noexcept { return in_.empty(); }
  /// All was there, and nothing is left.
  [[nodiscard]] bool done() const noexcept { return ok_ && in_.empty(); }

 private:
  Bytes in_;
  bool ok_ = true;
};

/// A frame that is being written.
class Builder {
 public:
  Builder(Type type, std::uint32_t id) {
    number(0, kLengthBytes);
    number(kVersion, 1);
    number(static_cast<std::uint32_t>(type), 1);
    number(id, 4);
  }
  void number(std::uint32_t value, std::size_t bytes) {
    for (std::size_t i = bytes; i-- > 0;) out_.push_back(static_cast<std::uint8_t>(value >> 8 * i));
  }
  void bytes(Bytes b) { out_.insert(out_.end(), b.begin(), b.end()); }
  void vector(Bytes b, std::size_t length_bytes) {
    number(static_cast<std::uint32_t>(b.size()), length_bytes);
    bytes(b);
  }
  [[nodiscard]] std::vector<std::uint8_t> take() {
    const std::size_t length = out_.size() - kLengthBytes;
    for (std::size_t i = 0; i < kLengthBytes; ++i)
      out_[i] = static_cast<std::uint8_t>(length >> 8 * (kLengthBytes - 1 - i));
    return std::move(out_);
  }

 private:
  std::vector<std::uint8_t> out_;
};

bool good_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kMaxName &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7F; });
}

/// What a log may show. Asked of both halves: neither takes the other's word for it.
std::string printable(Bytes bytes) {
  std::string words(as_text(bytes));
  std::ranges::replace_if(words, [](char c) { return c < ' ' || c > '~'; }, '?');
  return words;
}

Result<Request> parse_sign(Cursor& r) {
  Sign sign;
  sign.key = as_text(r.vector(1, kMaxName));
  HandshakeToSign& what = sign.what;
  const std::uint32_t role = r.number(1), version = r.number(2);
  what.scheme = static_cast<SignatureScheme>(r.number(2));
  if (!r.ok() || !good_name(sign.key)) return malformed("the name of a key is malformed");
  if (role != kServerRole && role != kClientRole) return malformed("the role is neither a server nor a client");
  what.by_server = role == kServerRole;
  what.version = static_cast<ProtocolVersion>(version);
  if (what.version == ProtocolVersion::tls13) {
    what.transcript_hash = r.vector(1, 255);
  } else if (what.version != ProtocolVersion::tls12) {
    return malformed("the version is neither TLS 1.2 nor TLS 1.3");
  } else if (what.by_server) {
    what.client_random = r.take(kRandom);
    what.server_random = r.take(kRandom);
    what.parameters = r.vector(2, 1 + 2 + 1 + 255);
  } else {
    what.message = r.vector(3, kMaxMessages);
  }
  if (!r.done()) return malformed("a request for a signature is malformed");
  return sign;
}

}  // namespace

std::string_view name(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::malformed:
      return "malformed";
    case Refusal::no_key:
      return "no_key";
    case Refusal::role:
      return "role";
    case Refusal::scheme:
      return "scheme";
    case Refusal::content:
      return "content";
    case Refusal::rate:
      return "rate";
    case Refusal::failed:
      return "failed";
    case Refusal::audit:
      return "audit";
  }
  return "unknown";
}

Result<std::optional<Frame>> next_frame(Bytes& in, std::size_t most) {
  if (in.size() < kLengthBytes) return std::nullopt;
  const std::size_t length = Cursor(in).number(kLengthBytes);
  // Judged before the rest has come: nobody waits for what will be refused.
  if (length < kHeader) return malformed("a frame is too short");
  if (length > most) return malformed("a frame is too long");
  if (in.size() > kLengthBytes && in[kLengthBytes] != kVersion) return malformed("a frame is of another version");
  if (in.size() - kLengthBytes < length) return std::nullopt;
  Cursor r(in.subspan(kLengthBytes, length));
  static_cast<void>(r.number(1));
  Frame frame;
  frame.type = static_cast<Type>(r.number(1));
  frame.id = r.number(4);
  frame.body = r.take(length - kHeader);
  in = in.subspan(kLengthBytes + length);
  return frame;
}

Result<Request> parse_request(const Frame& frame) {
  Cursor r(frame.body);
  if (frame.type == Type::sign) return parse_sign(r);
  if (frame.type != Type::describe) return malformed("the type of a request is unknown");
  const std::string_view key = as_text(r.vector(1, kMaxName));
  if (!r.done() || !good_name(key)) return malformed("the name of a key is malformed");
  return Describe{key};
}

Result<std::vector<std::uint8_t>> encode(std::uint32_t id, const Request& request) {
  const std::string_view key = std::visit([](const auto& r) { return r.key; }, request);
  if (!good_name(key))
    return fail(Code::misuse, "the name of a key has 1 to " + std::to_string(kMaxName) + " printable characters");
  const auto* sign = std::get_if<Sign>(&request);
  Builder w(sign != nullptr ? Type::sign : Type::describe, id);
  w.vector(as_bytes(key), 1);
  if (sign == nullptr) return w.take();
  const HandshakeToSign& what = sign->what;
  w.number(what.by_server ? kServerRole : kClientRole, 1);
  w.number(static_cast<std::uint32_t>(what.version), 2);
  w.number(static_cast<std::uint32_t>(what.scheme), 2);
  if (what.version == ProtocolVersion::tls13) {
    if (what.transcript_hash.size() > 255) return fail(Code::misuse, "the transcript hash is too long");
    w.vector(what.transcript_hash, 1);
  } else if (what.by_server) {
    if (what.client_random.size() != kRandom || what.server_random.size() != kRandom || what.parameters.size() > 0xFFFF)
      return fail(Code::misuse, "the parts of a ServerKeyExchange have other lengths");
    w.bytes(what.client_random);
    w.bytes(what.server_random);
    w.vector(what.parameters, 2);
  } else {
    if (what.message.size() > kMaxMessages)
      return fail(Code::signing_failed, "the handshake has more than " + std::to_string(kMaxMessages) +
                                            " bytes, which is as much as a key server reads: use TLS 1.3");
    w.vector(what.message, 3);
  }
  return w.take();
}

Result<Reply> parse_reply(const Frame& frame) {
  Cursor r(frame.body);
  if (frame.type == Type::signature) {
    const Bytes signature = r.vector(2, kMaxSignature);
    if (!r.done()) return malformed("a signature is malformed");
    return Signature{signature};
  }
  if (frame.type == Type::refused) {
    Refused refused;
    refused.why = static_cast<Refusal>(r.number(1));
    const std::size_t length = r.number(1);
    refused.words = printable(r.take(length));
    if (!r.done() || refused.why < Refusal::malformed || refused.why > Refusal::audit)
      return malformed("a refusal is malformed");
    return refused;
  }
  if (frame.type != Type::described) return malformed("the type of an answer is unknown");
  Described described;
  const std::uint32_t kind = r.number(1), roles = r.number(1), schemes = r.number(1);
  described.kind = static_cast<KeyKind>(kind);
  described.for_servers = (roles & 1) != 0;
  described.for_clients = (roles & 2) != 0;
  if (kind > static_cast<std::uint32_t>(KeyKind::ed25519) || roles == 0 || roles > 3 || schemes > kMaxSchemes)
    return malformed("the description of a key is malformed");
  for (std::uint32_t i = 0; i < schemes; ++i) described.schemes.push_back(static_cast<SignatureScheme>(r.number(2)));
  if (!r.done()) return malformed("the description of a key is malformed");
  return described;
}

std::vector<std::uint8_t> encode(std::uint32_t id, const Reply& reply) {
  if (const auto* signature = std::get_if<Signature>(&reply)) {
    Builder w(Type::signature, id);
    w.vector(signature->bytes, 2);
    return w.take();
  }
  if (const auto* refused = std::get_if<Refused>(&reply)) {
    Builder w(Type::refused, id);
    w.number(static_cast<std::uint32_t>(refused->why), 1);
    w.vector(as_bytes(printable(as_bytes(refused->words).first(std::min(refused->words.size(), kMaxWords)))), 1);
    return w.take();
  }
  const auto& described = std::get<Described>(reply);
  Builder w(Type::described, id);
  w.number(static_cast<std::uint32_t>(described.kind), 1);
  w.number((described.for_servers ? 1u : 0u) | (described.for_clients ? 2u : 0u), 1);
  const std::size_t count = std::min(described.schemes.size(), kMaxSchemes);
  w.number(static_cast<std::uint32_t>(count), 1);
  for (std::size_t i = 0; i < count; ++i) w.number(static_cast<std::uint32_t>(described.schemes[i]), 2);
  return w.take();
}

// ---- what is signed ---------------------------------------------------------------------------------------------

namespace {

std::unexpected<Error> not_a_handshake(const std::string& words) { return fail(Code::illegal_parameter, words); }

Result<std::vector<std::uint8_t>> content13(const HandshakeToSign& what) {
  if (what.transcript_hash.size() != kSha256 && what.transcript_hash.size() != kSha384)
    return not_a_handshake("a transcript hash has 32 or 48 bytes, not " + std::to_string(what.transcript_hash.size()));
  std::vector<std::uint8_t> content(64, 0x20);
  const Bytes context =
      as_bytes(what.by_server ? "TLS 1.3, server CertificateVerify" : "TLS 1.3, client CertificateVerify");
  content.insert(content.end(), context.begin(), context.end());
  content.push_back(0);
  content.insert(content.end(), what.transcript_hash.begin(), what.transcript_hash.end());
  return content;
}

struct Curve {
  NamedGroup group;
  std::size_t point;  // bytes
  bool uncompressed;  // it begins with 4 (SEC 1 §2.3.3)
};
constexpr Curve kCurves[] = {{NamedGroup::secp256r1, 65, true},
                             {NamedGroup::secp384r1, 97, true},
                             {NamedGroup::secp521r1, 133, true},
                             {NamedGroup::x25519, 32, false}};

Result<std::vector<std::uint8_t>> content12(const HandshakeToSign& what) {
  constexpr std::uint32_t kNamedCurve = 3;
  if (what.client_random.size() != kRandom || what.server_random.size() != kRandom)
    return not_a_handshake("a random has 32 bytes");
  Cursor r(what.parameters);
  if (r.number(1) != kNamedCurve) return not_a_handshake("the parameters are not those of a named curve");
  const auto group = static_cast<NamedGroup>(r.number(2));
  const Bytes point = r.vector(1, 255);
  const auto curve = std::ranges::find(kCurves, group, &Curve::group);
  if (!r.done() || curve == std::ranges::end(kCurves) || point.size() != curve->point ||
      (curve->uncompressed && point[0] != 4))
    return not_a_handshake("the parameters are not a point of a curve that is known here");
  std::vector<std::uint8_t> content;
  for (const Bytes part : {what.client_random, what.server_random, what.parameters})
    content.insert(content.end(), part.begin(), part.end());
  return content;
}

/// RFC 5246 §7.3: what a client has sent and received before its CertificateVerify, in this order.
struct Expected {
  std::uint8_t type;
  std::size_t least;  // bytes of the body
  bool may_lack = false;
};
constexpr std::size_t kLeastPoint = 1 + 32;  // with its length: X25519
constexpr Expected kFlights[] = {
    {1, 2 + kRandom + 1 + 2 + 2 + 1 + 1},  // ClientHello: one suite, one compression method
    {2, 2 + kRandom + 1 + 2 + 1},          // ServerHello
    {11, 3 + 3 + 1},                       // Certificate: one
    {22, 1, true},                         // CertificateStatus
    {12, 1 + 2 + kLeastPoint + 2 + 2},     // ServerKeyExchange (RFC 8422 §5.4)
    {13, 1 + 1 + 2 + 2 + 2},               // CertificateRequest: one type, one scheme
    {14, 0},                               // ServerHelloDone
    {11, 3 + 3 + 1},                       // Certificate, ours
    {16, kLeastPoint},                     // ClientKeyExchange
};

/// Of all of them.
constexpr std::size_t least_messages() {
  std::size_t bytes = 0;
  for (const Expected& one : kFlights) bytes += one.may_lack ? 0 : 1 + 3 + one.least;
  return bytes;
}
// What a TLS 1.2 server signs is shorter, and so never what a client signs, whatever its randoms and point look like.
static_assert(least_messages() > 2 * kRandom + 1 + 2 + 1 + std::ranges::max(kCurves, {}, &Curve::point).point);

Result<std::vector<std::uint8_t>> messages12(const HandshakeToSign& what) {
  Cursor r(what.message);
  const Expected* next = std::begin(kFlights);
  while (!r.empty()) {
    const std::uint32_t type = r.number(1);
    const std::size_t length = r.number(3);
    const Bytes body = r.take(length);
    if (next != std::end(kFlights) && next->type != type && next->may_lack) ++next;
    if (!r.ok() || next == std::end(kFlights) || next->type != type)
      return not_a_handshake("the messages are not those of a handshake from ClientHello to ClientKeyExchange");
    if (body.size() < next->least) return not_a_handshake("a message of the handshake is too short");
    // Both hellos begin with the version (§7.4.1.2): what a client signs is then like nothing else.
    if (type <= 2 && (body[0] != 3 || body[1] != 3)) return not_a_handshake("the hellos are not those of TLS 1.2");
    ++next;
  }
  if (next != std::end(kFlights)) return not_a_handshake("the messages end before ClientKeyExchange");
  return std::vector<std::uint8_t>(what.message.begin(), what.message.end());
}

}  // namespace

Result<std::vector<std::uint8_t>> content_to_sign(const HandshakeToSign& what) {
  if (what.version == ProtocolVersion::tls13) return content13(what);
  if (what.version != ProtocolVersion::tls12) return not_a_handshake("the version is neither TLS 1.2 nor TLS 1.3");
  return what.by_server ? content12(what) : messages12(what);
}

}  // namespace tls::keys
