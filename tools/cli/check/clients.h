// Which well-known clients will fail, and why: a table.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "cli/check/chain.h"

namespace sallyport::cli::check {

/// What is known of a server, or of the files that it will be given.
struct ClientCase {
  std::string subject;
  const JudgedChain* chain = nullptr;
  bool outside = false;             ///< a server was asked: what follows is known
  bool tls12 = true, tls13 = true;  ///< versions that it has
  bool nist_curve = true;           ///< groups: one of secp256r1, secp384r1, secp521r1
  bool stapled = false;
};

/// One reason for which clients refuse a server.
struct ClientRow {
  Id id;
  std::string_view who;  ///< "curl, wget, Java, Go ..."
  std::string_view why;
  std::string_view advice;
  bool (*fails)(const ClientCase& server);
};
[[nodiscard]] std::span<const ClientRow> client_rows() noexcept;

void check_clients(const ClientCase& server, Findings& findings);

/// The longest validity, in days, that the CA/Browser Forum allows a public certificate of this notBefore; 0: its rules
/// are older.
[[nodiscard]] std::int64_t public_lifetime(std::int64_t not_before) noexcept;

}  // namespace sallyport::cli::check
