#include "differential/disagreements.h"

#include <algorithm>

namespace tls::differential {
namespace {

bool says(std::string_view reason, std::string_view words) { return reason.find(words) != std::string_view::npos; }

/// Whether some label holds this text.
bool labelled(const Chain& chain, std::string_view text) {
  return std::ranges::any_of(chain.labels, [&](const std::string& label) { return says(label, text); });
}

bool any_label(const Chain& chain, std::initializer_list<std::string_view> texts) {
  return std::ranges::any_of(texts, [&](std::string_view text) { return labelled(chain, text); });
}

constexpr Row kRows[] = {
    // What we refuse and both accept.
    {Who::ours, "a trust anchor that another authority issued", "OpenSSL (if told), Go and Botan accept",
     "policy: whoever trusts an intermediate or a leaf escapes what its issuer wrote; what is trusted is the "
     "application's choice (RFC 5280 §6.1.1 (d))",
     [](const Chain&, std::string_view reason) { return says(reason, "is not a root"); }, "anchor"},
    {Who::ours, "a leaf whose keyUsage lacks digitalSignature", "all accept keyEncipherment or keyAgreement",
     "RFC 9846 §4.5.1.2: \"The digitalSignature bit MUST be set if the Key Usage extension is present\"; static RSA "
     "and ECDH, which need the others, are not spoken here",
     [](const Chain&, std::string_view reason) { return says(reason, "a keyUsage without digitalSignature"); },
     "key-usage"},
    {Who::ours, "critical certificatePolicies with a qualifier that is unknown", "all accept",
     "RFC 5280 §4.2: \"reject the certificate if it encounters a critical extension it does not recognize "
     "or a critical extension that contains information that it cannot process\"",
     [](const Chain& chain, std::string_view reason) {
       return (labelled(chain, "policy") || chain.has("set/")) && says(reason, "2.5.29.32");
     },
     "policy"},
    {Who::ours, "extensions in a certificate of version 1 or 2", "OpenSSL (unless strict) and Go accept, Botan refuses",
     "RFC 5280 §4.1.2.9: \"This field MUST only appear if the version is 3\"",
     [](const Chain& chain, std::string_view reason) {
       return any_label(chain, {"version/1-with-extensions", "version/2-with-extensions", "version/1-encoded"}) &&
              says(reason, "a certificate of version 1 or 2 has no extensions");
     },
     "version"},
    {Who::ours, "more extensions, names or comparisons of constraints than the limits allow", "all accept",
     "policy: what a peer can make us do before it has proved anything is bounded (src/base/limits.h)",
     [](const Chain& chain, std::string_view reason) {
       return says(reason, "certificate_too_complex") ||
              (labelled(chain, "extensions/too-many") && says(reason, "it has more than"));
     },
     "extensions"},
    {Who::ours, "a path of more than ten certificates", "all accept",
     "policy: the search for a path is bounded (src/base/limits.h)",
     [](const Chain& chain, std::string_view reason) {
       return says(reason, "path_too_long") &&
              (labelled(chain, "long-path") ||
               (labelled(chain, "self-issued") && says(reason, "within 10 certificates")));
     },
     "long-path"},
    {Who::ours, "an RSA key with an even exponent", "OpenSSL and Go accept, in certificates of leaves",
     "RFC 8017 §3.1: the exponent is relatively prime to an even number; no signature verifies under such a key",
     [](const Chain& chain, std::string_view reason) {
       return labelled(chain, "spki/rsa-even-exponent") && says(reason, "public exponent is even");
     },
     "spki"},
    {Who::ours, "a key whose BIT STRING has unused bits", "OpenSSL, Go and Botan accept",
     "RFC 8410 §4, RFC 5480 §2.2 and RFC 3279 §2.3.1: the key is a string of octets",
     [](const Chain& chain, std::string_view reason) {
       return labelled(chain, "spki/unused-bits") && says(reason, "the key is not of whole octets");
     },
     "spki"},
    {Who::ours, "parameters behind an identifier of ECDSA", "OpenSSL and Go accept a NULL",
     "RFC 5758 §3.2: \"the encoding MUST omit the parameters field\"",
     [](const Chain& chain, std::string_view reason) {
       return any_label(chain, {"algorithm/ecdsa-with-null", "algorithm/outer-null-only"}) &&
              (says(reason, "has parameters") || says(reason, "it is not the one beside the signature"));
     },
     "algorithm"},
    {Who::ours, "a key of DSA, Ed448 or X25519", "OpenSSL and Go accept",
     "RFC 9846 §4.3.3 has no signature scheme for it that is supported here: no handshake could go on",
     [](const Chain&, std::string_view reason) { return says(reason, "the key is none of"); }},
    {Who::ours, "a file of roots with one that cannot be used", "OpenSSL, Go and Botan use the others",
     "policy: trust_pem() says which, so that it does not go unnoticed; trust_system() leaves "
     "it out",
     [](const Chain& chain, std::string_view reason) {
       return chain.roots.size() > 1 && says(reason, "roots: bad_key_file");
     }},
    {Who::ours, "name constraints with a minimum above 0, or a maximum",
     "OpenSSL refuses them where it compares, Go ignores both",
     "RFC 5280 §4.2.1.10: \"minimum MUST be zero, and maximum MUST be absent\"",
     [](const Chain& chain, std::string_view reason) {
       return any_label(chain, {"+minimum-1", "+maximum"}) && says(reason, "a subtree has a minimum or a maximum");
     },
     "constrain-dns"},
    {Who::ours, "a wildcard as the name that is asked for", "OpenSSL and Go compare it as text",
     "RFC 9525 §6.1: a reference identifier is a host name",
     [](const Chain& chain, std::string_view reason) {
       return labelled(chain, "asked/wildcard-as-asked") && says(reason, "is neither a host name nor an address");
     },
     "asked"},
    {Who::ours, "an encoding that is BER and not DER", "OpenSSL and Go overlook some",
     "RFC 5280 §4.1: certificates are DER",
     [](const Chain& chain, std::string_view reason) {
       return labelled(chain, "ber/") && says(reason, "cannot be accepted");
     },
     "field-encoding"},
    {Who::ours, "an extension that is known here and malformed, critical or not",
     "OpenSSL and Go read only some of them", "RFC 5280 §4.2: its syntax; what is not understood is not obeyed",
     [](const Chain& chain, std::string_view reason) {
       return any_label(chain, {"malformed/", "byte/signed"}) && says(reason, " in the certificate of ") &&
              says(reason, "cannot be accepted");
     },
     "malformed"},
    {Who::ours, "a list of extensions that is empty", "OpenSSL and Go accept",
     "RFC 5280 §4.1: Extensions ::= SEQUENCE SIZE (1..MAX)",
     [](const Chain& chain, std::string_view reason) {
       return labelled(chain, "extensions/none-in-the-list") && says(reason, "it is not a list of at least one");
     },
     "extensions"},
    {Who::ours, "a dNSName that is no host name, below an authority with constraints on DNS names",
     "OpenSSL and Go take it for a name that no constraint excludes",
     "RFC 5280 §4.2.1.6 (preferred name syntax) and §4.2.1.10: what a constraint means for it is not known",
     [](const Chain& chain, std::string_view reason) {
       const bool empty = std::ranges::find(chain.labels, "has/dns:") != chain.labels.end();
       return (empty ||
               any_label(chain, {"has/dns:a..", "has/dns:www.corp.example.", "has/dns:*.corp.example.", "san/"})) &&
              any_label(chain, {"permits/dns", "excludes/dns", "technically-constrained"}) &&
              says(reason, "the name is malformed, and the authority has constraints");
     },
     "constrain-dns"},
    {Who::ours, "a dNSName with a dot at its end",
     "OpenSSL and Go accept it for a name that is asked for in the same way",
     "RFC 5280 §4.2.1.6: \"preferred name syntax\", which has no such dot; it does not match",
     [](const Chain& chain, std::string_view reason) {
       return any_label(chain, {"san/trailing-dot", "san/wildcard-trailing-dot"}) && says(reason, "name_mismatch");
     },
     "san"},
    {Who::ours, "an RDN without attributes", "OpenSSL and Go accept",
     "RFC 5280 Appendix A.1: RelativeDistinguishedName ::= SET SIZE (1..MAX)",
     [](const Chain& chain, std::string_view reason) {
       return labelled(chain, "subject/empty-rdn") && says(reason, "an RDN is malformed or empty");
     },
     "subject"},
    {Who::ours, "name constraints that are no names of their form (user@, https://corp.example, *.corp.example)",
     "OpenSSL and Go compare what is there, and only if it is needed",
     "RFC 5280 §4.2.1.10 has no such base; a constraint that cannot be obeyed makes its authority unusable",
     [](const Chain& chain, std::string_view reason) {
       return any_label(chain, {"permits/", "excludes/", "constraints/"}) && says(reason, "the name constraints of") &&
              (says(reason, "cannot be used") || says(reason, "cannot be accepted"));
     },
     "constrain-email"},
    {Who::ours,
     "an otherName, registeredID, x400Address or ediPartyName below a constraint of its form, though that is not "
     "critical",
     "OpenSSL and Go overlook constraints that are not critical and that they do not know",
     "RFC 5280 §4.2.1.10: \"the application MUST either process the constraint or reject the certificate\"",
     [](const Chain& chain, std::string_view reason) {
       return any_label(chain, {"permits/", "excludes/"}) && says(reason, "which are not supported");
     },
     "constrain-rare"},
    {Who::ours, "an e-mail address below an excluded rfc822Name that is empty",
     "OpenSSL takes it for no address, Go for the subject's alone",
     "RFC 5280 §4.2.1.10 does not say; an exclusion is read so that it excludes, as the empty dNSName does",
     [](const Chain& chain, std::string_view reason) {
       return any_label(chain, {"excludes/email:@ca", "excludes/email:@root", "excludes/email:+"}) &&
              says(reason, "excludes ''");
     },
     "constrain-email"},

    // What we accept and both refuse, each for a reason of its own.
    {Who::both, "key identifiers that are marked critical", "Botan accepts",
     "RFC 5280 §4.2.1.1 and §4.2.1.2 bind authorities; §4.2 rejects a critical extension that is not recognised, and "
     "these are",
     [](const Chain& chain, std::string_view reason) {
       return any_label(chain, {"critical/true", "key-id/subject-critical", "key-id/authority-critical",
                                "malformed/authority-key-critical", "malformed/subject-key-critical"}) &&
              (says(reason, "critical") || says(reason, "unknown authority") || says(reason, "issuer certificate"));
     }},
    {Who::both, "a TLS feature extension (RFC 7633) that is critical", "Botan refuses",
     "RFC 5280 §4.2 rejects a critical extension that is not recognised, and this one is",
     [](const Chain& chain, std::string_view reason) {
       return labelled(chain, "other/must-staple-critical") &&
              (says(reason, "unhandled critical extension") || says(reason, "unknown authority"));
     }},
    {Who::both, "name constraints in a leaf that cannot be read", "OpenSSL reads on where the fault is at the end",
     "RFC 5280 §6.1.4 (g) processes them when the next certificate is prepared, and behind the last there is none",
     [](const Chain& chain, std::string_view reason) {
       return any_label(chain,
                        {"constraints/subtree-without-base@leaf", "constraints/neither@leaf",
                         "constraints/empty-list@leaf", "constraints/wrong-order@leaf", "constraints/trailing@leaf",
                         "malformed/name-constraints@leaf", "malformed/name-constraints-critical@leaf"}) &&
              (says(reason, "NameConstraints") || says(reason, "name constraints") ||
               says(reason, "issuer certificate"));
     }},
    {Who::both, "a self-signed leaf whose name and key another certificate has, which a trusted root issued",
     "Botan does not find the path",
     "RFC 5280 §6.1.3 (a): the leaf is signed with the key of that other certificate, so the path through it is valid; "
     "OpenSSL ends at a self-signed certificate, Go does not use a key twice",
     [](const Chain& chain, std::string_view reason) {
       return chain.has("set/openssl/") &&
              (says(reason, "self-signed certificate at depth 0") || says(reason, "unknown authority"));
     }},
    {Who::both, "cRLDistributionPoints that cannot be read", "Botan refuses some",
     "RFC 5280 §6.3: it says where CRLs are; it is read where a CRL for distribution points is there",
     [](const Chain& chain, std::string_view reason) {
       return labelled(chain, "malformed/crl-points") &&
              (says(reason, "CRL distribution points") || says(reason, "issuer certificate") ||
               says(reason, "unknown authority"));
     }},
    {Who::openssl, "anyExtendedKeyUsage in the leaf", "Go and Botan accept",
     "RFC 5280 §4.2.1.12: \"a certificate using application MAY require\" the particular purpose, and need not",
     [](const Chain& chain, std::string_view reason) { return labelled(chain, "eku/any") && says(reason, "purpose"); }},
    {Who::openssl, "an e-mail address below a permitted rfc822Name that is empty", "Go accepts",
     "RFC 5280 §4.2.1.10 does not say; it is read as all, as the empty dNSName is",
     [](const Chain& chain, std::string_view reason) {
       return any_label(chain, {"permits/email:@ca", "permits/email:@root"}) &&
              says(reason, "permitted subtree violation");
     }},
    {Who::openssl, "a dot behind the name that is asked for", "Go accepts",
     "RFC 9525 §6.1: the reference identifier is the domain name, and the dot marks only that it is whole",
     [](const Chain& chain, std::string_view reason) {
       return labelled(chain, "asked/trailing-dot") && says(reason, "hostname mismatch");
     }},
    {Who::openssl, "the last second of a certificate's validity", "Go and Botan accept",
     "RFC 5280 §4.1.2.5: \"the period of time from notBefore through notAfter, inclusive\"",
     [](const Chain& chain, std::string_view reason) {
       return labelled(chain, "validity/ends-now") && says(reason, "expired");
     }},
    {Who::openssl, "two authorities of one name, of which key identifiers do not tell the right one", "Go tries both",
     "RFC 5280 §6.1: a path is valid if one is; OpenSSL tries the first",
     [](const Chain& chain, std::string_view reason) {
       return any_label(chain, {"self-issued", "stranger/", "cross/", "mesh/"}) &&
              (says(reason, "signature failure") || says(reason, "local issuer certificate") ||
               says(reason, "self-signed certificate in certificate chain"));
     }},
    {Who::openssl, "key identifiers, or issuer and serial number, that do not fit the issuer", "Go and Botan accept",
     "RFC 5280 §4.2.1.1: they \"facilitate certification path construction\"; §6.1 does not look at them",
     [](const Chain& chain, std::string_view reason) {
       return labelled(chain, "key-id/") && says(reason, "local issuer certificate");
     }},
    {Who::openssl, "a root whose own signature, algorithm or key identifiers do not fit itself", "Go and Botan differ",
     "RFC 5280 §6.1.1 (d): a trust anchor is a name and a key; OpenSSL looks for the issuer of a root that does not "
     "look "
     "self-signed",
     [](const Chain& chain, std::string_view reason) {
       return any_label(chain, {"@root", "pss-authority/", "pss/"}) && says(reason, "unable to get issuer certificate");
     }},
    {Who::openssl, "a Netscape certificate type without the purpose", "Go and Botan accept",
     "no RFC has it: what is not critical and not understood is passed over (RFC 5280 §4.2)",
     [](const Chain& chain, std::string_view reason) {
       return labelled(chain, "other/netscape") && says(reason, "unsuitable certificate purpose");
     }},
    {Who::openssl, "a URI below a permitted URI constraint that is empty, or one with user information",
     "Go accepts the first", "RFC 5280 §4.2.1.10: the constraint is the host's; an empty one permits every host",
     [](const Chain& chain, std::string_view reason) {
       return labelled(chain, "permits/uri:") && labelled(chain, "has/uri:") &&
              says(reason, "permitted subtree violation");
     }},
    {Who::openssl, "a chain with a cross-certificate of a root that is not trusted", "Go and Botan try the other path",
     "RFC 5280 §6.1 validates one path; RFC 9846 §4.5.1 has peers ready for certificates that are not needed",
     [](const Chain& chain, std::string_view reason) {
       return labelled(chain, "cross/unknown-root") && says(reason, "unable to get");
     }},
    {Who::go, "a dNSName that is no host name, where no authority has constraints on DNS names",
     "OpenSSL and Botan accept", "it matches no name and is no reason to refuse the others (RFC 9525 §6.3)",
     [](const Chain& chain, std::string_view reason) {
       return labelled(chain, "san/") &&
              (says(reason, "cannot parse dnsName") || says(reason, "SAN dNSName is malformed"));
     }},
    {Who::go, "a pathLenConstraint that is very large, or stands in a leaf", "OpenSSL and Botan accept",
     "RFC 5280 §4.2.1.9: INTEGER (0..MAX); in a certificate that is no authority's it binds no path",
     [](const Chain& chain, std::string_view reason) {
       return labelled(chain, "ca/path-length") && says(reason, "invalid basic constraints");
     }},
    {Who::go, "RSASSA-PSS keys", "OpenSSL accepts, Botan 2.19 does not know them", "RFC 4055 §1.2; Go has no such keys",
     [](const Chain& chain, std::string_view reason) {
       return any_label(chain, {"pss-authority/", "pss/key"}) && says(reason, "unknown authority");
     }},
    {Who::go, "name constraints on directory names, other names and the like", "OpenSSL and Botan check some",
     "RFC 5280 §4.2.1.10: they count where a name of their form is present; Go knows none and refuses those that are "
     "critical",
     [](const Chain& chain, std::string_view reason) {
       return any_label(chain, {"/dn:", "technically-constrained", "/other:", "/registered-id", "/x400", "/edi"}) &&
              says(reason, "unhandled critical extension");
     }},
    {Who::go, "a uniformResourceIdentifier in a subjectAltName that Go does not read", "OpenSSL and Botan accept",
     "RFC 5280 §4.2.1.10: a URI counts where an authority has constraints on URIs, and is not read otherwise",
     [](const Chain& chain, std::string_view reason) {
       return any_label(chain, {"san-form/uri-malformed", "has/uri:"}) &&
              (says(reason, "cannot parse URI") || says(reason, "URI with empty host"));
     }},
    {Who::go, "a PrintableString or IA5String in a name that holds other characters", "OpenSSL and Botan accept",
     "authorities write more into them than they may hold; RFC 5280 §7.1 compares names, and what is "
     "shown is made printable",
     [](const Chain& chain, std::string_view reason) {
       return any_label(chain, {"subject/printable-invalid", "byte/signed"}) &&
              (says(reason, "invalid PrintableString") || says(reason, "invalid IA5String"));
     }},
    {Who::go, "self-issued authorities", "OpenSSL and Botan do not count them",
     "RFC 5280 §4.2.1.9: pathLenConstraint counts \"non-self-issued intermediate certificates\"",
     [](const Chain& chain, std::string_view reason) {
       return labelled(chain, "self-issued") && says(reason, "too many intermediates");
     }},
    {Who::go, "names that differ in case, white space or the type of string",
     "OpenSSL and Botan compare as the RFC says", "RFC 5280 §7.1; Go compares octets",
     [](const Chain& chain, std::string_view reason) {
       return labelled(chain, "issuer-name/") && says(reason, "unknown authority");
     }},
};

constexpr std::string_view ours(Who who) { return who == Who::ours ? "refuses" : "accepts"; }

constexpr std::string_view name_of(Who who) {
  switch (who) {
    case Who::ours:
      return "Sallyport";
    case Who::openssl:
      return "OpenSSL";
    case Who::go:
      return "Go";
    case Who::both:
      break;
  }
  return "OpenSSL and Go";
}

const Row* row_for(Who who, const Chain& chain, const Opinion& opinion) {
  const auto row = std::ranges::find_if(kRows, [&](const Row& r) {
    return (r.who == who || (r.who == Who::both && who != Who::ours)) && r.covers(chain, opinion.reason);
  });
  return row == std::end(kRows) ? nullptr : &*row;
}

}  // namespace

Kind disagreement(const Opinions& opinions) {
  const Opinion &openssl = opinions.of(kOpenssl), &go = opinions.of(kGo);
  if (opinions.ours.accepts() && openssl.refuses() && go.refuses()) return Kind::we_accept;
  if (opinions.ours.refuses() && openssl.accepts() && go.accepts()) return Kind::we_refuse;
  return Kind::none;
}

std::span<const Row> rows() { return kRows; }

std::vector<const Row*> rows_for(Kind kind, const Chain& chain, const Opinions& opinions) {
  std::vector<const Row*> out;
  if (kind == Kind::we_refuse) {
    out = {row_for(Who::ours, chain, opinions.ours)};
  } else if (kind == Kind::we_accept) {
    out = {row_for(Who::openssl, chain, opinions.of(kOpenssl)), row_for(Who::go, chain, opinions.of(kGo))};
  }
  if (std::ranges::find(out, nullptr) != out.end()) out.clear();
  return out;
}

std::string markdown() {
  std::string out = "| chain | Sallyport | refused by | the others | what decides |\n|---|---|---|---|---|\n";
  for (const Row& row : kRows)
    out += "| " + std::string(row.what) + " | " + std::string(ours(row.who)) + " | " + std::string(name_of(row.who)) +
           " | " + std::string(row.others) + " | " + std::string(row.argument) + " |\n";
  return out;
}

}  // namespace tls::differential
