// Mailboxes and URIs in certificates (RFC 5280 §4.2.1.6), in the normal forms that name constraints compare.
#pragma once

#include <string>
#include <string_view>

#include "pki/dns_name.h"

namespace tls::pki {

/// A mailbox in a form in which equal mailboxes are equal: the local part as it is meant, without quotes and
/// backslashes, and the host in lower case.
struct Mailbox {
  std::string local;
  DnsName host;
};

enum class MailboxKind : bool { ascii, utf8 };

/// Takes `text` as an RFC 5321 Mailbox: a dot-string or a quoted string, '@', a DNS name. Address literals are refused.
/// `utf8` (SmtpUTF8Mailbox, RFC 9598 §3) allows characters beyond ASCII in the local part; in the host they stand as
/// A-labels. False: malformed. `out` is used again: its buffers stay.
[[nodiscard]] bool parse_mailbox(std::string_view text, MailboxKind kind, Mailbox& out);

/// Takes the host out of a URI with an authority (RFC 3986 §3.2) that names a DNS name. False: there is no host, it is
/// an address (a bracketed one, or its last label is a number), or userinfo, host or port are malformed. A host with
/// percent escapes is malformed.
[[nodiscard]] bool parse_uri_host(std::string_view uri, DnsName& host) noexcept;

/// The last label of a normal form is a number, decimal or after "0x": the text is meant as an IPv4 address.
[[nodiscard]] bool ends_in_number(std::string_view host) noexcept;

}  // namespace tls::pki
