// tls/ocsp.h: questions and answers by the certificates of a credential.
#include "tls/ocsp.h"

#include <algorithm>
#include <chrono>

#include "base/exceptions.h"
#include "pki/certificate.h"
#include "pki/ocsp_request.h"
#include "pki/ocsp_response.h"
#include "pki/policy.h"
#include "pki/staple.h"

namespace tls {
namespace {

using Seconds = std::chrono::seconds;

struct Pair {
  pki::Certificate leaf, issuer;
};

Result<pki::Certificate> read(Bytes der) {
  auto read = pki::parse_certificate(der);
  if (!read) return fail(Code::bad_key_file, read.error().detail());
  return read;
}

/// The leaf and the issuer of a credential, which they point into.
Result<Pair> read_pair(const Credential& credential) {
  if (credential.chain.empty()) return fail(Code::bad_key_file, "the credential has no certificate");
  auto leaf = read(credential.chain.front());
  if (!leaf) return std::unexpected(std::move(leaf).error());
  if (leaf->self_issued())
    return fail(Code::bad_key_file, "the certificate of '" + pki::display_name(leaf->subject) +
                                        "' is its own issuer: no OCSP responder tells of it");
  if (credential.chain.size() == 1)
    return fail(Code::bad_key_file, "the issuer of the certificate of '" + pki::display_name(leaf->subject) +
                                        "' is not in the chain, and OCSP needs its name and key: append the "
                                        "certificate of '" +
                                        pki::display_name(leaf->issuer) + "' to the chain's file");
  auto issuer = read(credential.chain[1]);
  if (!issuer) return std::unexpected(std::move(issuer).error());
  return Pair{std::move(*leaf), std::move(*issuer)};
}

/// RFC 9110 §4.2.1, §4.2.3: the scheme is "http", in any case.
bool is_plain_http(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(url.substr(0, kScheme.size()), kScheme, {}, lower);
}

}  // namespace

Result<OcspQuestion> ocsp_question(const Credential& credential) {
  return without_exceptions("asking about a certificate", [&]() -> Result<OcspQuestion> {
    const auto pair = read_pair(credential);
    if (!pair) return std::unexpected(pair.error());
    auto request = pki::ocsp_request(pair->leaf, pair->issuer);
    if (!request) return std::unexpected(std::move(request).error());
    auto urls = pki::ocsp_responders(pair->leaf);
    if (!urls) return fail(Code::bad_key_file, urls.error().detail());
    OcspQuestion question{.request = std::move(*request),
                          .responders = {},
                          .other_responders = {},
                          .must_staple = pair->leaf.must_staple,
                          .no_rev_avail = pair->leaf.no_rev_avail,
                          .subject = pki::display_name(pair->leaf.subject)};
    for (std::string& url : *urls)
      (is_plain_http(url) ? question.responders : question.other_responders).push_back(std::move(url));
    return question;
  });
}

Result<OcspAnswer> read_ocsp_answer(const Credential& credential, Bytes response, Clock::Milliseconds now) {
  return without_exceptions("reading an OCSP response", [&]() -> Result<OcspAnswer> {
    const auto pair = read_pair(credential);
    if (!pair) return std::unexpected(pair.error());
    const auto read = pki::read_staple(response, pair->leaf, pair->issuer, pki::Moment(now));
    if (!read) return std::unexpected(read.error());
    OcspAnswer answer{.revoked = read->revoked,
                      .produced_at = Seconds(read->facts.produced_at),
                      .this_update = Seconds(read->facts.this_update),
                      .next_update = {},
                      .until = Seconds(read->facts.until),
                      .revoked_at = Seconds(read->revoked_at),
                      .reason = read->reason ? pki::reason_name(*read->reason) : std::string(),
                      .unchecked_responder = read->facts.unchecked_responder};
    if (read->facts.next_update) answer.next_update = Seconds(*read->facts.next_update);
    return answer;
  });
}

Result<OcspAnswer> ocsp_answer_when_made(const Credential& credential, Bytes response) {
  return without_exceptions("reading an OCSP response", [&]() -> Result<OcspAnswer> {
    const auto parsed = pki::parse_ocsp_response(response);
    if (!parsed) return std::unexpected(parsed.error());
    return read_ocsp_answer(credential, response, Seconds(parsed->produced_at));
  });
}

CredentialPtr with_staple(const Credential& credential, std::vector<std::uint8_t> response) {
  auto copy = std::make_shared<Credential>(credential);
  copy->ocsp_response = std::move(response);
  return copy;
}

}  // namespace tls
