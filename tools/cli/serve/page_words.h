// What the page at / says in words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tls/info.h"

namespace sallyport::cli::words {

struct Fact {
  std::string title, value, meaning;  ///< as text, not as HTML
};
/// What was negotiated, each with what it means.
[[nodiscard]] std::vector<Fact> facts(const tls::ConnectionInfo& info);

struct Message {
  std::string_view name;
  bool saved = false;  ///< a full handshake has it, this one did not need it
};
struct Flight {
  bool from_browser = false;
  std::vector<Message> messages;
};
/// The messages of such a handshake, in their order.
[[nodiscard]] std::vector<Flight> flights(const tls::ConnectionInfo& info);

/// One or two sentences: how the connection came about.
[[nodiscard]] std::string summary(const tls::ConnectionInfo& info, bool handshake_done);
/// What a visitor can expect, and saw, of resumption.
[[nodiscard]] std::string before_resumption(tls::ProtocolVersion version);
[[nodiscard]] std::string after_resumption(const tls::ConnectionInfo& info);
/// Of a page that is answered before the handshake is done.
[[nodiscard]] std::string early();

}  // namespace sallyport::cli::words
