// The records of NIST's files about signatures and keys: ECDSA (SigVer, SigGen, KeyPair, PKV) and RSA (SigVer, SigGen,
// with PKCS#1 v1.5 and with PSS).
#include <algorithm>

#include "vectors/der_build.h"
#include "vectors/nist_stanza.h"

namespace tls::vectors {
namespace {

/// "SHA-256" of "[P-256,SHA-256]".
std::string section_hash(const std::string& section) {
  const auto comma = section.find(',');
  return comma == section.npos ? "" : section.substr(comma + 1);
}

/// A number whose leading zeros NIST leaves out: those of secp521r1 have an odd number of digits.
std::string whole_bytes(const std::string& number) { return number.size() % 2 == 0 ? number : "0" + number; }

Case ecdsa_case(const NistStanza& s) {
  Case c;
  c.kind = "VERIFY";
  c.algorithm = "ECDSA";
  const std::string curve = iana_curve(s.section.substr(0, s.section.find(',')));
  c.set("curve", curve);
  c.set("hash", section_hash(s.section));
  c.set("message", s.value("msg"));
  c.set("r", whole_bytes(s.value("r")));
  c.set("s", whole_bytes(s.value("s")));
  c.set("point", uncompressed(curve, s.value("qx"), s.value("qy")));
  if (s.has("result")) c.expect = nist_result(s), c.comment = s.value("result");
  return c;
}

/// A key pair (d, Qx, Qy), or a point that is or is not on its curve.
Case ec_key_case(const NistStanza& s) {
  Case c;
  c.kind = "GROUP";
  c.algorithm = iana_curve(s.section.substr(0, s.section.find(' ')));
  const std::string point = uncompressed(c.algorithm, s.value("qx"), s.value("qy"));
  if (s.has("d")) {
    c.set("private", s.value("d"));
    c.set("share", point);
  } else {
    c.set("public", point);
    c.expect = nist_result(s);
    c.comment = s.value("result");
  }
  return c;
}

Case rsa_case(const NistStanza& s) {
  Case c;
  c.kind = "VERIFY";
  const bool pss = s.file.find("PSS") != std::string::npos;
  c.algorithm = pss ? "RSA-PSS" : "RSA-PKCS1";
  c.set("hash", s.value("shaalg"));
  if (pss) {
    const std::string salt = s.value_or("saltval", "");
    c.set("salt_size", s.has("saltval") ? std::to_string(salt == "00" ? 0 : unhex(salt).size()) : s.value("salt len"));
  }
  c.set("modulus", s.value("n"));
  c.set("exponent", s.value("e").size() % 2 == 0 ? s.value("e") : "0" + s.value("e"));
  c.set("message", s.value("msg"));
  c.set("signature", s.value("s"));
  if (s.has("result")) c.expect = nist_result(s), c.comment = s.value("result");
  return c;
}

}  // namespace

Expect nist_result(const NistStanza& s) { return s.value("result").starts_with('P') ? Expect::valid : Expect::invalid; }

std::string iana_curve(const std::string& section) {
  if (section == "P-256") return "secp256r1";
  if (section == "P-384") return "secp384r1";
  if (section == "P-521") return "secp521r1";
  return section;
}

std::string uncompressed(const std::string& curve, const std::string& x, const std::string& y) {
  const std::size_t size = curve == "secp256r1"   ? 32
                           : curve == "secp384r1" ? 48
                           : curve == "secp521r1" ? 66
                                                  : std::max(x.size(), y.size());
  const auto coordinate = [&](const std::string& text) {
    ByteVector number = unhex(whole_bytes(text));
    // NIST's file about key agreement writes zeros before numbers of secp521r1. One that is too long for the field
    // without them stays so: it must be refused, not cut.
    number.erase(number.begin(), std::ranges::find_if(number, [](std::uint8_t b) { return b != 0; }));
    return hex(number.size() > size ? number : der::resized(number, size));
  };
  return "04" + coordinate(x) + coordinate(y);
}

std::optional<Case> signature_case(const NistStanza& s) {
  if (s.has("msg") && s.has("r") && s.has("s")) return ecdsa_case(s);
  if (s.has("msg") && s.has("s")) return rsa_case(s);
  if (s.has("qx") && s.has("qy")) return ec_key_case(s);
  return std::nullopt;
}

}  // namespace tls::vectors
