#include "differential/disagreements.h"

#include <algorithm>

namespace tls::differential {
namespace {

bool says(const Opinions& opinions, std::string_view words) {
  return opinions.ours.reason.find(words) != std::string::npos;
}

constexpr Row kRows[] = {
    {Kind::we_refuse, "a trust anchor that another authority issued", "accept", "accepts",
     "policy: whoever trusts an intermediate or a leaf escapes what its issuer wrote; RFC 5280 §6.1.1 (d) leaves to "
     "the "
     "application what it trusts",
     [](const Chain& chain, const Opinions& o) { return chain.has("anchor/") && says(o, "is not a root"); }},
};

std::string_view ours(Kind kind) { return kind == Kind::we_accept ? "accepts" : "refuses"; }

}  // namespace

Kind disagreement(const Opinions& opinions) {
  const Opinion &openssl = opinions.of(kOpenssl), &go = opinions.of(kGo);
  if (opinions.ours.accepts() && openssl.refuses() && go.refuses()) return Kind::we_accept;
  if (opinions.ours.refuses() && openssl.accepts() && go.accepts()) return Kind::we_refuse;
  return Kind::none;
}

std::span<const Row> rows() { return kRows; }

const Row* row_for(Kind kind, const Chain& chain, const Opinions& opinions) {
  const auto row =
      std::ranges::find_if(kRows, [&](const Row& r) { return r.kind == kind && r.covers(chain, opinions); });
  return row == std::end(kRows) ? nullptr : &*row;
}

std::string markdown() {
  std::string out = "| chain | ours | OpenSSL and Go | Botan | what decides |\n|---|---|---|---|---|\n";
  for (const Row& row : kRows)
    out += "| " + std::string(row.what) + " | " + std::string(ours(row.kind)) + " | " + std::string(row.others) +
           " | " + std::string(row.botan) + " | " + std::string(row.argument) + " |\n";
  return out;
}

}  // namespace tls::differential
