#include "record/header.h"

#include <string_view>

#include "tls/bytes.h"

namespace tls::record {
namespace {

/// How other protocols begin. What is found here is not an attack but a wrong port, and the error says so.
struct PlainProtocol {
  std::string_view prefix, what;
};
constexpr PlainProtocol kPlainProtocols[] = {
    {"GET ", "an HTTP request: is the client using http:// on a TLS port?"},
    {"POST ", "an HTTP request: is the client using http:// on a TLS port?"},
    {"HEAD ", "an HTTP request: is the client using http:// on a TLS port?"},
    {"PUT ", "an HTTP request: is the client using http:// on a TLS port?"},
    {"DELET", "an HTTP request: is the client using http:// on a TLS port?"},
    {"OPTIO", "an HTTP request: is the client using http:// on a TLS port?"},
    {"PATCH", "an HTTP request: is the client using http:// on a TLS port?"},
    {"CONNE", "an HTTP proxy request: the client takes this port for a proxy's"},
    {"PRI *", "HTTP/2 without TLS: is the client using http:// on a TLS port?"},
    {"PROXY", "a PROXY protocol header: a load balancer adds it and nobody here takes it off"},
    {"HTTP/", "an HTTP answer: is this the server's port for http://?"},
    {"SSH-", "an SSH banner: is this an SSH server's port?"},
    {"220 ", "an SMTP or FTP greeting: does the protocol need STARTTLS first?"},
    {"220-", "an SMTP or FTP greeting: does the protocol need STARTTLS first?"},
    {"+OK ", "a POP3 greeting: does the protocol need STLS first?"},
    {"* OK ", "an IMAP greeting: does the protocol need STARTTLS first?"},
};

std::string_view looks_like(std::string_view text) noexcept {
  for (const PlainProtocol& row : kPlainProtocols)
    if (text.starts_with(row.prefix)) return row.what;
  // The two-byte length with the top bit set and msg_type client_hello of SSL 2.0.
  if ((text[0] & '\x80') != 0 && text[2] == '\x01') return "an SSL 2.0 ClientHello, which is never accepted";
  return {};
}

}  // namespace

Result<Header> parse_header(std::span<const std::uint8_t, limits::kRecordHeader> bytes, bool first) {
  const Header header{static_cast<ContentType>(bytes[0]), static_cast<std::uint16_t>(bytes[1] << 8 | bytes[2]),
                      static_cast<std::uint16_t>(bytes[3] << 8 | bytes[4])};
  if (first) {
    if (const std::string_view what = looks_like(as_text(bytes)); !what.empty())
      return fail(Code::not_tls, "the first bytes are " + std::string(what));
  }
  // RFC 9846 §5.1: legacy_record_version is ignored; another major version than 3 means that this is no record at all.
  if (bytes[1] != 3)
    return fail(Code::wrong_record_version, "the record's version is " + std::to_string(bytes[1]) + "." +
                                                std::to_string(bytes[2]) + ", those of TLS are 3.1 to 3.4");
  if (!is_known(bytes[0]))
    return fail(Code::unexpected_record_type, "content type " + std::to_string(bytes[0]) + " is unknown");
  return header;
}

}  // namespace tls::record
