#include "cli/serve/page_words.h"

#include <algorithm>

#include "pki/certificate.h"

namespace sallyport::cli::words {
namespace {

using tls::ConnectionInfo;
using tls::ProtocolVersion;
using tls::Resumption;

bool is13(const ConnectionInfo& info) { return info.version == ProtocolVersion::tls13; }
bool resumed(const ConnectionInfo& info) { return info.resumed != Resumption::none; }

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

Fact version(const ConnectionInfo& info) {
  return {"Version", std::string(tls::name(info.version)),
          is13(info) ? "The current version, RFC 9846. Certificates and all that follows are encrypted, and one round "
                       "trip is enough before the request."
                     : "RFC 5246, of 2008. It is safe with the suites that are offered here, but shows certificates to "
                       "everybody on the way. A browser of today prefers TLS 1.3."};
}

Fact suite(const ConnectionInfo& info) {
  const std::string name(tls::name(info.suite));
  const std::string cipher = contains(name, "CHACHA20")  ? "ChaCha20 encrypts what is sent, and Poly1305"
                             : contains(name, "AES_256") ? "AES with a key of 256 bits encrypts what is sent, and GCM"
                                                         : "AES with a key of 128 bits encrypts what is sent, and GCM";
  return {"Cipher suite", name,
          cipher + " shows whether anybody has changed it. Keys are derived with " +
              (contains(name, "SHA384") ? "SHA-384." : "SHA-256.")};
}

Fact group(const ConnectionInfo& info) {
  if (!info.group)
    return {"Key exchange", "none",
            "The keys come from those of the session. Whoever learns these can read this connection, too."};
  return {"Key exchange", std::string(tls::name(*info.group)),
          "Both sides made a key for this connection alone and forget it afterwards. Whoever steals the server's key "
          "one day can still not read what was sent (forward secrecy)."};
}

Fact proof(const ConnectionInfo& info) {
  if (resumed(info))
    return {"Server's proof", "the session",
            "Only who took part in the first handshake knows its secret: certificate and signature are not needed "
            "again."};
  if (!info.signature_scheme) return {"Server's proof", "none", "Nobody signed this handshake."};
  return {"Server's proof", std::string(tls::name(*info.signature_scheme)),
          "The server signed this handshake, and so has shown that it holds the key of its certificate."};
}

Fact session(const ConnectionInfo& info) {
  switch (info.resumed) {
    case Resumption::none:
      return {"Resumed", "no", "Your browser showed no session, or none that this server still takes."};
    case Resumption::session_id:
      return {"Resumed", "by session ID", "This server kept the session and found it by its number."};
    case Resumption::ticket:
      return {"Resumed", "by ticket",
              "Your browser kept the session: a ticket that only the server can open. The server kept nothing."};
    case Resumption::psk:
      return {"Resumed", "by pre-shared key",
              "Your browser showed a ticket of an earlier connection and proved that it knows the secret in it."};
  }
  return {};
}

Fact name_asked_for(const ConnectionInfo& info) {
  if (info.server_name.empty())
    return {"Server name", "none", "Your browser asked for no name: it came by an address, which is none."};
  return {"Server name", tls::pki::printable(info.server_name),
          "The name that your browser asked for. A server of many names chooses its certificate by it."};
}

Fact protocol(const ConnectionInfo& info) {
  if (info.alpn.empty())
    return {"Application protocol", "none agreed on", "Without one a browser speaks HTTP/1.1, and so do we."};
  return {"Application protocol", tls::pki::printable(info.alpn),
          "Agreed on within the handshake (ALPN), so that it costs no round trip."};
}

Fact early_data(const ConnectionInfo& info) {
  switch (info.early_data) {
    case tls::EarlyDataStatus::accepted:
      return {"Early data", "accepted", "The request came with the very first flight, and waited for no round trip."};
    case tls::EarlyDataStatus::rejected:
      return {"Early data", "refused", "Your browser sent its request early, and again after the handshake."};
    case tls::EarlyDataStatus::none:
      break;
  }
  return {"Early data", "none", "The request came when the handshake was done, and cannot be a replay."};
}

Fact certificate(const ConnectionInfo& info) {
  if (info.peer_identity == tls::PeerIdentity::none)
    return {"Your certificate", "none", "You have shown none: this server does not know who you are."};
  std::string subject = "one without a readable name";
  if (info.peer_summary) {
    subject = tls::pki::display_name(info.peer_summary->subject);
  } else if (!info.peer_certificates.empty()) {
    if (const auto leaf = tls::pki::parse_certificate(info.peer_certificates.front()))
      subject = tls::pki::display_name(leaf->subject);
  }
  return {"Your certificate", subject, "You have proved that you hold its key, now or when the session was made."};
}

/// The messages that resumption leaves out stand where they would be.
std::vector<Flight> flights13(const ConnectionInfo& info) {
  const bool saved = resumed(info);
  std::vector<Flight> out;
  out.push_back({true, {{"ClientHello"}}});
  if (saved) out.back().messages.push_back({"+ pre_shared_key"});
  if (info.hello_retry) {
    out.push_back({false, {{"HelloRetryRequest"}}});
    out.push_back({true, {{"ClientHello, again"}}});
  }
  if (info.early_data == tls::EarlyDataStatus::accepted) out.front().messages.push_back({"Early data"});
  out.push_back(
      {false,
       {{"ServerHello"}, {"EncryptedExtensions"}, {"Certificate", saved}, {"CertificateVerify", saved}, {"Finished"}}});
  out.push_back({true, {{"Finished"}}});
  return out;
}

std::vector<Flight> flights12(const ConnectionInfo& info) {
  if (!resumed(info))
    return {{true, {{"ClientHello"}}},
            {false, {{"ServerHello"}, {"Certificate"}, {"ServerKeyExchange"}, {"ServerHelloDone"}}},
            {true, {{"ClientKeyExchange"}, {"ChangeCipherSpec"}, {"Finished"}}},
            {false, {{"ChangeCipherSpec"}, {"Finished"}}}};
  return {{true, {{"ClientHello"}, {info.resumed == Resumption::ticket ? "+ session_ticket" : "+ session ID"}}},
          {false,
           {{"ServerHello"},
            {"Certificate", true},
            {"ServerKeyExchange", true},
            {"ServerHelloDone", true},
            {"ChangeCipherSpec"},
            {"Finished"}}},
          {true, {{"ClientKeyExchange", true}, {"ChangeCipherSpec"}, {"Finished"}}}};
}

}  // namespace

std::vector<Fact> facts(const ConnectionInfo& info) {
  std::vector<Fact> out = {version(info), suite(info), group(info), proof(info), session(info)};
  if (info.hello_retry)
    out.push_back({"Second attempt", "HelloRetryRequest",
                   "The server asked for another ClientHello: for a key of another group, which cost a round trip."});
  for (Fact& fact : std::vector<Fact>{name_asked_for(info), protocol(info), early_data(info), certificate(info)})
    out.push_back(std::move(fact));
  return out;
}

std::vector<Flight> flights(const ConnectionInfo& info) { return is13(info) ? flights13(info) : flights12(info); }

std::string summary(const ConnectionInfo& info, bool handshake_done) {
  if (!handshake_done)
    return "Your browser sent this request along with its first message, and this page was on its way before the "
           "handshake was done.";
  if (resumed(info))
    return "You were here before. Your browser showed its session, and both sides went on from the secret that they "
           "share: no certificate, no signature.";
  return "A first meeting: the server showed its certificate and signed the handshake, and both sides agreed on keys "
         "that nobody else has.";
}

std::string before_resumption(ProtocolVersion version) {
  return std::string(
             "Where the server gives tickets or keeps sessions, your browser now remembers this one. Press "
             "<em>Reconnect</em>, and the next handshake needs no certificate and no signature") +
         (version == ProtocolVersion::tls12 ? ", and one round trip less." : ".");
}

std::string after_resumption(const ConnectionInfo& info) {
  return is13(info)
             ? "The server sent no certificates and made no signature, the dearest thing that it computes, and your "
               "browser had no chain to verify."
             : "A whole round trip: the server sent no certificates and made no signature, no keys were exchanged, "
               "and your browser had no chain to verify.";
}

std::string early() {
  return "A whole round trip, and this page cannot say yet how much else: it was written before the handshake was "
         "done. Early data can be copied and sent again, so the server answers it once, and only requests that change "
         "nothing.";
}

}  // namespace sallyport::cli::words
