// What a server and a key server say to each other over a Unix socket. Frames: length (uint32, of what follows it),
// version, type, id (uint32, of the request; the answer repeats it), body. All is bounded, and what is not this
// protocol is refused. A request for a signature names the parts of what is signed; content_to_sign() alone puts them
// together, and so decides what a key server signs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tls/bytes.h"
#include "tls/credentials.h"
#include "tls/error.h"

namespace tls::keys {

inline constexpr std::uint8_t kVersion = 1;
inline constexpr std::size_t kLengthBytes = 4;
inline constexpr std::size_t kHeader = 1 + 1 + 4;               // version, type, id: the least length
inline constexpr std::size_t kMaxName = 64;                     // bytes of a key's name
inline constexpr std::size_t kMaxMessages = 256 << 10;          // bytes of a TLS 1.2 client's handshake messages
inline constexpr std::size_t kMaxRequest = kMaxMessages + 512;  // length of a request
inline constexpr std::size_t kMaxSignature = 2048;              // bytes; RSA of 16384 bits has as many
inline constexpr std::size_t kMaxSchemes = 32;                  // of one key
inline constexpr std::size_t kMaxWords = 255;                   // bytes of a refusal's words
inline constexpr std::size_t kMaxAnswer = kMaxSignature + 64;   // length of an answer

enum class Type : std::uint8_t { describe = 1, sign = 2, described = 0x81, signature = 0x82, refused = 0xFF };

/// Why a key server does not do what it is asked.
enum class Refusal : std::uint8_t {
  malformed = 1,  ///< no request of this protocol; the connection ends
  no_key,         ///< there is no such key, or not for this caller: which of the two is not said
  role,           ///< the key is for the other role
  scheme,         ///< the key does not sign by it in this version
  content,        ///< the parts are not those of a handshake
  rate,           ///< the caller asks too often
  failed,         ///< signing failed
  audit,          ///< the audit line could not be written: nothing is signed without one
};
[[nodiscard]] std::string_view name(Refusal refusal) noexcept;

struct Frame {
  Type type{};
  std::uint32_t id = 0;
  Bytes body;  ///< lies in what was read
};
/// Takes the first frame from the front of `in`, when it is there in whole; nothing otherwise. Fails with decode_error
/// when it is none, or longer than `most` (kMaxRequest or kMaxAnswer): the connection is of no use any more.
[[nodiscard]] Result<std::optional<Frame>> next_frame(Bytes& in, std::size_t most);

struct Describe {
  std::string_view key;
};
struct Sign {
  std::string_view key;
  HandshakeToSign what;  ///< without `message`, but for a TLS 1.2 client, whose parts it is
};
using Request = std::variant<Describe, Sign>;
/// Views into the frame. Fails with decode_error.
[[nodiscard]] Result<Request> parse_request(const Frame& frame);
/// A whole frame. Fails with misuse where a part is too long for the protocol.
[[nodiscard]] Result<std::vector<std::uint8_t>> encode(std::uint32_t id, const Request& request);

/// What is known of a key.
struct Described {
  KeyKind kind{};
  bool for_servers = false, for_clients = false;
  std::vector<SignatureScheme> schemes;  ///< that it allows
};
struct Signature {
  Bytes bytes;
};
struct Refused {
  Refusal why{};
  std::string words;  ///< printable, as both halves see to
};
using Reply = std::variant<Described, Signature, Refused>;
/// Views into the frame. Fails with decode_error.
[[nodiscard]] Result<Reply> parse_reply(const Frame& frame);
/// A whole frame. Words that are too long are cut; of words printable ASCII alone is kept.
[[nodiscard]] std::vector<std::uint8_t> encode(std::uint32_t id, const Reply& reply);

/// What is signed, put together from its parts: TLS 1.3's 64 spaces, context string, zero byte and transcript hash of
/// 32 or 48 bytes (RFC 9846 §4.5.2); a TLS 1.2 server's randoms and ServerECDHParams of a named curve that we know,
/// with a point of its size (RFC 5246 §7.4.3, RFC 8422 §5.4); the messages of a TLS 1.2 client's handshake from
/// ClientHello to ClientKeyExchange (RFC 5246 §7.4.8). Fails with illegal_parameter and words for all else.
[[nodiscard]] Result<std::vector<std::uint8_t>> content_to_sign(const HandshakeToSign& what);

}  // namespace tls::keys
