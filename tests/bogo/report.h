// What the process says on its error stream. The runner looks for ":TOKEN:" there; silence is success.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "tls/error.h"

namespace bogo {

/// An expectation that does not hold: a message without a token.
inline bool complain(std::string_view what) {
  std::string line(what);
  line += '\n';
  std::fputs(line.c_str(), stderr);
  return false;
}

/// The token of the error table; of an alert that the peer sent, BoringSSL's spelling of its name.
[[nodiscard]] inline std::string token(const tls::Error& error) {
  const auto alert = error.peer_alert();
  if (!alert) return std::string(tls::facts(error.code()).token);
  // Those that SSL 3.0 had keep its name in theirs, and record_overflow is not among them.
  const bool old = *alert <= tls::Alert::illegal_parameter && *alert != tls::Alert::record_overflow;
  std::string name = old ? "SSLV3_ALERT_" : "TLSV1_ALERT_";
  for (char c : tls::name(*alert)) name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

inline bool complain(const tls::Error& error) { return complain(":" + token(error) + ": " + error.message()); }

}  // namespace bogo
