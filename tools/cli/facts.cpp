#include "cli/facts.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "cli/times.h"
#include "pki/certificate.h"

namespace sallyport::cli {
namespace {

const char* word(tls::Resumption resumed) {
  switch (resumed) {
    case tls::Resumption::none:
      return "no";
    case tls::Resumption::session_id:
      return "session-id";
    case tls::Resumption::ticket:
      return "ticket";
    case tls::Resumption::psk:
      return "psk";
  }
  return "no";
}

const char* word(tls::EarlyDataStatus status) {
  switch (status) {
    case tls::EarlyDataStatus::none:
      return "none";
    case tls::EarlyDataStatus::accepted:
      return "accepted";
    case tls::EarlyDataStatus::rejected:
      return "rejected";
  }
  return "none";
}

const char* word(tls::EarlyDataRefusal why) {
  switch (why) {
    case tls::EarlyDataRefusal::none:
      return "none";
    case tls::EarlyDataRefusal::disabled:
      return "disabled";
    case tls::EarlyDataRefusal::not_resumed:
      return "not-resumed";
    case tls::EarlyDataRefusal::session_without:
      return "session-without";
    case tls::EarlyDataRefusal::other_protocol:
      return "other-protocol";
    case tls::EarlyDataRefusal::other_suite:
      return "other-suite";
    case tls::EarlyDataRefusal::retried:
      return "retried";
    case tls::EarlyDataRefusal::ticket_age:
      return "ticket-age";
    case tls::EarlyDataRefusal::replayed:
      return "replayed";
    case tls::EarlyDataRefusal::unknown:
      return "unknown";
    case tls::EarlyDataRefusal::by_server:
      return "by-server";
  }
  return "none";
}

const char* word(tls::ClientCertificate what) {
  switch (what) {
    case tls::ClientCertificate::not_requested:
      return "not-requested";
    case tls::ClientCertificate::requested:
      return "requested";
    case tls::ClientCertificate::empty:
      return "empty";
    case tls::ClientCertificate::sent:
      return "sent";
  }
  return "not-requested";
}

const char* word(tls::PeerIdentity identity) {
  switch (identity) {
    case tls::PeerIdentity::none:
      return "none";
    case tls::PeerIdentity::chain:
      return "chain";
    case tls::PeerIdentity::leaf:
      return "leaf";
    case tls::PeerIdentity::summary:
      return "summary";
  }
  return "none";
}

/// When the server has to have another staple; null: it said nothing of it, or no staple was judged.
nlohmann::ordered_json next_update(const tls::ConnectionInfo& info) {
  if (!info.staple || !info.staple->next_update) return nullptr;
  return rfc3339(std::chrono::floor<std::chrono::seconds>(*info.staple->next_update).count());
}

/// When the CRL ends in which the leaf was looked for; null: there was none that is current.
nlohmann::ordered_json crl_until(const tls::ConnectionInfo& info) {
  if (!info.crl) return nullptr;
  return rfc3339(std::chrono::floor<std::chrono::seconds>(info.crl->next_update).count());
}

/// The leaf's subject, after a resumption too; null when the peer has no certificate.
nlohmann::ordered_json peer(const tls::ConnectionInfo& info) {
  if (info.peer_summary) return tls::pki::display_name(info.peer_summary->subject);
  if (info.peer_certificates.empty()) return nullptr;
  const auto leaf = tls::pki::parse_certificate(info.peer_certificates.front());
  return leaf ? nlohmann::ordered_json(tls::pki::display_name(leaf->subject)) : nlohmann::ordered_json(nullptr);
}

}  // namespace

nlohmann::ordered_json facts(const tls::ConnectionInfo& info, const Traffic& traffic) {
  nlohmann::ordered_json out;
  out["version"] = tls::name(info.version);
  out["suite"] = tls::name(info.suite);
  out["group"] = info.group ? nlohmann::ordered_json(tls::name(*info.group)) : nullptr;
  out["signature_scheme"] = info.signature_scheme ? nlohmann::ordered_json(tls::name(*info.signature_scheme)) : nullptr;
  out["server_name"] = info.server_name;
  out["alpn"] = info.alpn;
  out["resumed"] = word(info.resumed);
  out["early_data"] = word(info.early_data);
  out["hello_retry"] = info.hello_retry;
  out["ocsp"] = info.staple ? "good" : info.ocsp_response.empty() ? "none" : "unchecked";
  out["ocsp_next_update"] = next_update(info);
  out["crl_until"] = crl_until(info);
  out["peer_certificate"] = peer(info);
  out["peer_identity"] = word(info.peer_identity);
  out["early_data_refusal"] = word(info.early_data_refusal);
  out["ticket_age_skew_ms"] =
      info.ticket_age_skew ? nlohmann::ordered_json(info.ticket_age_skew->count()) : nlohmann::ordered_json(nullptr);
  out["bytes_before_done"] = info.bytes_before_done;
  out["extended_main_secret"] = info.extended_main_secret;
  out["client_certificate"] = word(info.client_certificate);
  out["peer_record_size_limit"] = info.peer_record_size_limit != 0 ? nlohmann::ordered_json(info.peer_record_size_limit)
                                                                   : nlohmann::ordered_json(nullptr);
  out["external_psk"] = info.external_psk.empty()
                            ? nlohmann::ordered_json(nullptr)
                            : nlohmann::ordered_json(tls::pki::printable(tls::as_text(info.external_psk)));
  out["bytes_in"] = traffic.bytes_in;
  out["bytes_out"] = traffic.bytes_out;
  out["flights"] = traffic.flights;
  out["ms"] = traffic.ms;
  return out;
}

std::string facts_line(const tls::ConnectionInfo& info, const Traffic& traffic) {
  std::string out(tls::name(info.version));
  out += ", " + std::string(tls::name(info.suite));
  if (info.group) out += ", " + std::string(tls::name(*info.group));
  if (info.signature_scheme) out += ", " + std::string(tls::name(*info.signature_scheme));
  if (!info.alpn.empty()) out += ", ALPN " + tls::pki::printable(info.alpn);
  if (info.resumed != tls::Resumption::none) out += ", resumed by " + std::string(word(info.resumed));
  if (info.version == tls::ProtocolVersion::tls12 && !info.extended_main_secret)
    out += ", without extended_main_secret";
  if (info.early_data != tls::EarlyDataStatus::none) out += std::string(", early data ") + word(info.early_data);
  if (info.early_data_refusal != tls::EarlyDataRefusal::none)
    out += std::string(info.early_data == tls::EarlyDataStatus::none ? ", no early data" : "") + " (" +
           word(info.early_data_refusal) + ")";
  if (info.ticket_age_skew) out += ", ticket's age off by " + std::to_string(info.ticket_age_skew->count()) + " ms";
  if (info.bytes_before_done != 0)
    out += ", " + std::to_string(info.bytes_before_done) + " bytes sent before the handshake was done";
  if (info.crl) out += ", not revoked by a CRL that is good until " + crl_until(info).get<std::string>();
  const auto subject = peer(info);
  if (!subject.is_null()) out += ", peer '" + subject.get<std::string>() + "'";
  return out + ", " + std::to_string(static_cast<int>(traffic.ms + 0.5)) + " ms";
}

}  // namespace sallyport::cli
