// What a ClientHello offers: for servers that choose a configuration by it (tls/config_source.h), and for those who
// look at one without a connection, to pass it on for example:
//
//   std::vector<std::uint8_t> received;  // all bytes of the connection so far
//   auto facts = tls::peek_client_hello(received);
//   if (!facts) ...                      // refuse_client_hello(facts.error(), out): send `out`, close
//   else if (!*facts) ...                // read more, and look again
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

/// Bytes of records with which a ClientHello that is looked at must be complete: the longest one that a handshake takes
/// (64 KiB and its header), and 16 KiB for headers of records and for warnings. A ClientHello of 64 KiB may come in
/// 3,276 records, one of 2 KiB in records of one byte each.
inline constexpr std::size_t kMaxClientHelloBytes = 4 + (64 << 10) + (16 << 10);

/// Names of application protocols, as a client offers them (RFC 7301 §3.1). Owns them, in as much memory as they took
/// on the wire.
class ProtocolNames {
 public:
  /// Gives std::string_view; valid as long as the list.
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
  /// `wire`: each name behind its length in one byte. It must be well-formed.
  explicit ProtocolNames(Bytes wire) : wire_(as_text(wire)) {}
  [[nodiscard]] iterator begin() const noexcept { return iterator(wire_.data()); }
  [[nodiscard]] iterator end() const noexcept { return iterator(wire_.data() + wire_.size()); }
  [[nodiscard]] bool empty() const noexcept { return wire_.empty(); }
  /// Looks at all names before the one that fits.
  [[nodiscard]] bool contains(std::string_view name) const noexcept {
    for (const std::string_view one : *this)
      if (one == name) return true;
    return false;
  }

 private:
  std::string wire_;
};

/// What a ClientHello offers: claims of a client that has proved none of them. Lists are in the client's order and as
/// on the wire: they may hold values without a name, GREASE (RFC 8701) among them. Owns all of it.
struct ClientHelloFacts {
  std::string server_name;  ///< in lower case, without a trailing dot; empty: none
  ProtocolNames alpn;       ///< application protocols; empty: none
  /// supported_versions; without that extension legacy_version alone.
  std::vector<ProtocolVersion> versions;
  std::vector<CipherSuite> suites;
  std::vector<NamedGroup> groups;                    ///< supported_groups; empty: none
  std::vector<NamedGroup> key_shares;                ///< groups for which a share came with it
  std::vector<SignatureScheme> signature_schemes;    ///< signature_algorithms; empty: none
  std::vector<SignatureScheme> certificate_schemes;  ///< signature_algorithms_cert; empty: signature_schemes holds
  /// It offers a session, or an external PSK: by pre_shared_key, by a ticket of TLS 1.2, or by a session ID where it
  /// does not offer TLS 1.3 (there a session ID is mere compatibility).
  bool resumes = false;
  bool early_data = false;  ///< early data follows, or is on its way
};

/// Looks at a ClientHello while it arrives, and goes on where it stopped: for those who look as often as something
/// came. One thread at a time. Holds up to 64 KiB while a ClientHello is incomplete.
class ClientHelloPeek {
 public:
  ClientHelloPeek() noexcept;
  ClientHelloPeek(ClientHelloPeek&&) noexcept;
  ClientHelloPeek& operator=(ClientHelloPeek&&) noexcept;
  ~ClientHelloPeek();

  /// `received`: all that has come from the client since the beginning, what earlier calls were given included.
  /// Empty: more is needed. An Error is the one, with the alert, that a ServerConnection gives for these bytes
  /// whatever its configuration; and message_too_long where the ClientHello is not complete within
  /// kMaxClientHelloBytes. What a configuration decides (versions, suites, groups, protocols) is not judged, nor is
  /// what follows the ClientHello. Fails with out_of_memory where memory runs out. After the facts or an Error the
  /// object is used up, and says misuse.
  [[nodiscard]] Result<std::optional<ClientHelloFacts>> look(Bytes received);

 private:
  struct State;
  std::unique_ptr<State> state_;
  bool used_up_ = false;
};

/// The same for bytes that are there: a pure function. Looks at all of them in each call.
[[nodiscard]] Result<std::optional<ClientHelloFacts>> peek_client_hello(Bytes received);

/// Appends the alert of `error`, where it has one, to `out`: what a client is told that is not given a connection.
/// Without memory `out` stays as it is.
void refuse_client_hello(const Error& error, Output& out) noexcept;

}  // namespace tls
