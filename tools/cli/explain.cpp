#include "cli/explain.h"

#include "base/certificate_refusals.h"
#include "cli/offers.h"

namespace sallyport::cli {
namespace {

template <class Ids>
std::string all_of(const Ids& ids) {
  std::string out;
  for (const auto id : ids) out += (out.empty() ? "" : ", ") + tls::registered_name(id);
  return out;
}

/// What this side is configured with.
std::string our_offers(const TlsOptions& options) {
  const Offers ours(options);
  return "\n  versions    " + version_range(ours) + "\n  suites      " + all_of(ours.suites) + "\n  groups      " +
         all_of(ours.groups) + "\n  signatures  " + all_of(ours.schemes) + "\n  protocols   " +
         (options.alpn.empty() ? "none" : options.alpn);
}

/// What was asked of a client, and what it sent.
std::string certificates(const tls::ConnectionInfo& info, Side side) {
  if (side == Side::server || info.client_certificate == tls::ClientCertificate::not_requested) return {};
  std::string out = "\n  asked       for a client certificate";
  if (info.certificate_wish) out += ", to sign by " + list_of(info.certificate_wish->signature_schemes);
  if (info.client_certificate == tls::ClientCertificate::empty) out += "\n  sent        an empty list of certificates";
  if (info.client_certificate == tls::ClientCertificate::sent)
    out += "\n  sent        " + std::to_string(info.certificates_sent) +
           (info.certificates_sent == 1 ? " certificate" : " certificates");
  return out;
}

}  // namespace

Exit status_of(const tls::Error& error) {
  using tls::Code;
  if (error.code() == Code::transport_failed || error.code() == Code::timed_out) return kIo;
  return tls::refuses_certificate(error.code()) ? kRefused : kTls;
}

std::string explain(const tls::Error& error, const TlsOptions& options, Side side, const tls::ConnectionInfo& info) {
  std::string out = error.message();
  if (status_of(error) == kIo) return out;
  if (error.peer_alert()) {
    out += "\n  alert       " + std::string(tls::name(*error.peer_alert())) + ", sent by the peer";
  } else if (error.alert()) {
    out += "\n  alert       " + std::string(tls::name(*error.alert())) + ", sent by us";
  } else {
    out += "\n  alert       none";
  }
  const Case failure{error, options, side, info};
  if (const auto rule = tls::facts(error.code()).rule; !rule.empty()) out += "\n  rule        " + std::string(rule);
  if (about_negotiation(failure)) out += our_offers(options);
  if (error.peer_alert()) out += certificates(info, side);
  if (const std::string help = advice(failure); !help.empty()) out += "\n  try         " + help;
  return out;
}

}  // namespace sallyport::cli
