// The offers of a ClientHello, for servers that choose a configuration by them (tls/config_source.h), and for programs
// that inspect a ClientHello without a connection, for example to forward it:
//
//   std::vector<std::uint8_t> received;  // all bytes of the connection so far
//   auto facts = tls::peek_client_hello(received);
//   if (!facts) ...                      // refuse_client_hello(facts.error(), out): send `out`, close
//   else if (!*facts) ...                // read more, and call it again
//   else ...                             // **facts
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tls/bytes.h"
#include "tls/error.h"
#include "tls/info.h"

namespace tls {

/// The most bytes of records within which an inspected ClientHello must be complete: the longest ClientHello that a
/// handshake accepts (64 KiB and its header), plus 16 KiB for record headers and warning alerts. A ClientHello of 64
/// KiB may come in 3,276 records, and one of 2 KiB in records of one byte each.
inline constexpr std::size_t kMaxClientHelloBytes = 4 + (64 << 10) + (16 << 10);

/// The names of the application protocols that a client offers (RFC 7301 §3.1). Owns them, in as much memory as they
/// took on the wire.
class ProtocolNames {
 public:
  /// Visits the names as std::string_view. Iterators and views are valid as long as the list.
  class iterator {
   public:
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::forward_iterator_tag;
    iterator() = default;
    explicit iterator(const char* at) noexcept : at_(at) {}
    std::string_view operator*() const noexcept { return {at_ + 1, length()}; }
    iterator& operator++() noexcept {
      at_ += 1 + length();
      return *this;
    }
    iterator operator++(int) noexcept {
      const iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const iterator&) const = default;

   private:
    [[nodiscard]] std::size_t length() const noexcept { return static_cast<std::uint8_t>(*at_); }
    const char* at_ = nullptr;
  };

  ProtocolNames() = default;
  /// `wire` holds each name after its length in one byte. Precondition: it is well-formed.
  explicit ProtocolNames(Bytes wire) : wire_(as_text(wire)) {}
  [[nodiscard]] iterator begin() const noexcept { return iterator(wire_.data()); }
  [[nodiscard]] iterator end() const noexcept { return iterator(wire_.data() + wire_.size()); }
  [[nodiscard]] bool empty() const noexcept { return wire_.empty(); }
  /// Returns whether `name` is in the list. Compares with one name after the other.
  [[nodiscard]] bool contains(std::string_view name) const noexcept {
    for (const std::string_view one : *this)
      if (one == name) return true;
    return false;
  }

 private:
  std::string wire_;
};

/// The offers of a ClientHello. They are claims: the client has proven none of them. Lists are in the client's order
/// and as on the wire, so they may hold values without a name, such as GREASE (RFC 8701). Owns all of it.
struct ClientHelloFacts {
  std::string server_name;  ///< in lower case, without a trailing dot; empty: none
  ProtocolNames alpn;       ///< application protocols; empty: none
  /// From supported_versions; without that extension legacy_version alone.
  std::vector<ProtocolVersion> versions;
  std::vector<CipherSuite> suites;
  std::vector<NamedGroup> groups;                    ///< supported_groups; empty: none
  std::vector<NamedGroup> key_shares;                ///< the groups of the key shares that it contains
  std::vector<SignatureScheme> signature_schemes;    ///< signature_algorithms; empty: none
  std::vector<SignatureScheme> certificate_schemes;  ///< signature_algorithms_cert; empty: use signature_schemes
  /// Whether the client offers a session or an external PSK: by pre_shared_key, by a TLS 1.2 ticket, or, if it does not
  /// offer TLS 1.3, by a session ID. In TLS 1.3 a session ID serves compatibility alone.
  bool resumes = false;
  bool early_data = false;  ///< the client has sent early data, or is about to send it
};

/// Inspects a ClientHello while it arrives, and continues where it stopped. For programs that inspect after every read.
/// One thread at a time. Holds up to 64 KiB while the ClientHello is incomplete.
class ClientHelloPeek {
 public:
  ClientHelloPeek() noexcept;
  ClientHelloPeek(ClientHelloPeek&&) noexcept;
  ClientHelloPeek& operator=(ClientHelloPeek&&) noexcept;
  ~ClientHelloPeek();

  /// `received` is everything that the client has sent since the beginning, including the bytes of earlier calls.
  /// Returns no value if more bytes are needed. Does not judge what depends on a configuration (versions, suites,
  /// groups, protocols), or what follows the ClientHello.
  /// Fails with the Error, and the alert, that a ServerConnection reports for these bytes with any configuration; with
  /// message_too_long if the ClientHello is not complete within kMaxClientHelloBytes; with out_of_memory if memory runs
  /// out. After the facts or an Error every call fails with misuse.
  [[nodiscard]] Result<std::optional<ClientHelloFacts>> look(Bytes received);

 private:
  struct State;
  std::unique_ptr<State> state_;
  bool used_up_ = false;
};

/// Inspects all of `received` in each call, and otherwise does what ClientHelloPeek::look() does. A pure function.
[[nodiscard]] Result<std::optional<ClientHelloFacts>> peek_client_hello(Bytes received);

/// Appends the alert of `error`, if it has one, to `out`. For clients that are rejected without a connection. If memory
/// runs out, `out` is unchanged.
void refuse_client_hello(const Error& error, Output& out) noexcept;

}  // namespace tls
